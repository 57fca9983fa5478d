"""Measures a service's lag on demand, from its store and the broker."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nats.aio.client import Client

from siko_core.follower.tail import last_event
from siko_core.threads import Question

if TYPE_CHECKING:
    from siko_core.clock import Clock
    from siko_core.relay.relay import Relay

ANSWER_SECONDS = 2.0


@dataclass(frozen=True)
class Measured:
    """The measurements; one that could not be taken is None or absent."""

    store_answers: bool = False
    outbox_age: float | None = None
    relay_lag: int | None = None
    follower_lags: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Measuring:
    """Measures one service. `positions` reads own and followed positions from the store.

    `relay` and `clock` are given only if the service has a stream of its own.
    """

    service: str
    client: Client
    positions: Callable[[], Mapping[str, int]]
    follows: Sequence[str]
    relay: "Relay | None" = None
    clock: "Clock | None" = None

    async def measure(self) -> Measured:
        """Measure within ANSWER_SECONDS, whatever hangs."""
        stored = self._question.asked()
        ends = asyncio.gather(*map(self._end, self.follows), return_exceptions=True)
        asked: list[asyncio.Future[Any]] = [stored, ends]
        await asyncio.wait(asked, timeout=ANSWER_SECONDS)
        ends.cancel()
        if not stored.done() or stored.exception():
            return Measured()
        positions, outbox_age, relay_lag = stored.result()
        return Measured(
            store_answers=True,
            outbox_age=outbox_age,
            relay_lag=relay_lag,
            follower_lags={
                producer: max(end - positions.get(producer, 0), 0)
                for producer, end in (_known(ends) if ends.done() else ())
            },
        )

    def close(self) -> None:
        self._question.close()

    @cached_property
    def _question(self) -> Question[tuple[Mapping[str, int], float | None, int | None]]:
        return Question(self._stored, "measuring")

    async def _end(self, producer: str) -> tuple[str, int]:
        """Return the producer and the position of the last event on its stream."""
        last = await last_event(self.client, producer)
        return producer, last.position if last else 0

    def _stored(self) -> tuple[Mapping[str, int], float | None, int | None]:
        """Return the positions, and for stored events not yet published the oldest one's age in seconds and the number."""
        tail = self.relay.tail if self.relay else None
        positions = self.positions()
        if self.relay is None or self.clock is None or tail is None:
            return positions, None, None
        waiting = self.relay.recorder.select_notifications(
            tail.position, 1, inclusive_of_start=False
        )
        if not waiting:
            return positions, 0.0, 0
        oldest = self.relay.application.mapper.to_domain_event(waiting[0])
        age = (self.clock.now() - oldest.metadata.recorded_at).total_seconds()
        return positions, max(age, 0.0), max(positions[self.service] - tail.position, 1)


def _known(ends: "asyncio.Future[list[Any]]") -> list[tuple[str, int]]:
    if ends.cancelled():
        return []
    return [end for end in ends.result() if not isinstance(end, BaseException)]
