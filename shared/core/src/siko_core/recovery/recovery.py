"""Recovery after a restore: lists the events that only the stream has, and lets the service continue behind them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from eventsourcing.persistence import Notification
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.js.errors import NotFoundError
from siko_contracts.events import Recorded
from siko_contracts.messages import query_subject, stream
from siko_contracts.values import NRW, Actor
from uuid_utils import uuid7

from siko_core.clock import Clock
from siko_core.eventsourced import history as lost
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.follower.tail import PublishedEvent, last_event, parsed
from siko_core.metadata import Metadata, deciding
from siko_core.positions import COMMITS, Step
from siko_core.publishing import Contracts
from siko_core.recovery.compare import is_published_as, stored_at

PAGE = 100
ANSWER_SECONDS = 2.0
NS_OF_MS = 1_000_000


class CannotRecover(Exception):
    """The service is running, the store is changing, or nothing is lost; nothing was done."""


@dataclass(frozen=True)
class Findings:
    """Where stream and store diverge. `lost`: events that only the stream has; `moving`: only the store; both in order.

    `first` and `last`: the positions that count as lost; None if nothing is lost.
    """

    service: str
    stream_ends_at: int
    store_ends_at: int
    first: int | None = None
    last: int | None = None
    lost: list[dict[str, Any]] = field(default_factory=list)
    moving: list[dict[str, Any]] = field(default_factory=list)


class Recovery:
    """Recovers one stopped service. `compare` is read-only; `go_on` writes, in one transaction."""

    def __init__(
        self, application: EventSourcedApplication, contracts: Contracts, clock: Clock
    ) -> None:
        self.application = application
        self.recorder = application.recorder
        self.contracts = contracts
        self.clock = clock

    async def compare(self, client: Client, *, is_stream_restored: bool = False) -> Findings:
        """Walk back from the stream's end to the first message that the store has too, or has recorded as lost.

        `is_stream_restored`: the stream is a copy too, or gone, and does not tell how far the lost positions go.
        All up to the present millisecond count as lost: nobody has recorded a thousand events a second since 1970.
        """
        name = self.application.name
        end = await last_event(client, name)
        ends_at = end.position if end else 0
        here = self.recorder.max_notification_id() or 0
        agreed, different = 0, []
        if end is not None:
            self.clock.observe(datetime.fromisoformat(json.loads(end.body)["recorded_at"]))
            async for message in _backwards(client, name, end.sequence):
                if self._is_known(message):
                    agreed = message.position
                    break
                different.append(message)
        if not different:
            if not is_stream_restored:
                return Findings(name, ends_at, here)
            agreed = here
        last = ends_at
        if is_stream_restored:
            last = max(ends_at, here + 1, time.time_ns() // NS_OF_MS)
        return Findings(
            name,
            ends_at,
            here,
            agreed + 1,
            last,
            [_shown(message) for message in reversed(different)],
            [_kept(stored) for stored in self._behind(agreed)],
        )

    def go_on(self, findings: Findings) -> dict[str, Any]:
        """Record the lost positions as the next event behind them, and move the store's own events behind that.

        Returns position, id and epoch of the new event. Raises CannotRecover if nothing is lost or the store is changing.
        """
        first, last = findings.first, findings.last
        if first is None or last is None:
            raise CannotRecover("nothing is lost")
        end = max(last, findings.store_ends_at)
        epoch = str(uuid7())
        now = self.clock.now()
        actor = Actor(function="operator", body_id=NRW)
        with deciding(Metadata(effective_at=now, recorded_at=now, actor=actor)):
            lost.record(
                self.application,
                lost.History.Lost,
                first=first,
                last=last,
                moved=len(findings.moving),
                epoch=epoch,
            )
        (event,) = self.application.staged
        self.application.end_decision()
        with self.recorder.exclusively():
            if (self.recorder.max_notification_id() or 0) != findings.store_ends_at:
                raise CannotRecover("the store changes: stop the service first")
            self.recorder.reserve(end)
            commits = self.recorder.place(COMMITS).position
            (position,) = self.recorder.insert_events(
                [self.application.mapper.to_stored_event(event)],
                steps=[Step(COMMITS, commits, commits + 1, 0)],
            )
            if findings.moving:
                by = position + 1 - first
                self.recorder.move(first, findings.store_ends_at, by)
                self.recorder.reserve(findings.store_ends_at + by)
        return {"position": position, "event_id": event.event_id, "epoch": epoch}

    def _is_known(self, message: PublishedEvent) -> bool:
        stored = stored_at(self.application, self.contracts, message.position)
        return (stored is not None and is_published_as(stored, message)) or lost.is_lost(
            self.application, message.position
        )

    def _behind(self, position: int) -> list[Notification]:
        """All stored events behind the position."""
        notifications: list[Notification] = []
        while page := self.recorder.select_notifications(
            notifications[-1].id if notifications else position, PAGE, inclusive_of_start=False
        ):
            notifications += page
        return notifications


async def ensure_stopped(client: Client, service: str) -> None:
    """Raises CannotRecover if a replica of the service answers: it could decide while positions are moved."""
    try:
        await client.request(query_subject(service, "log"), b'{"limit": 1}', timeout=ANSWER_SECONDS)
    except NoRespondersError:
        return
    except TimeoutError:
        pass
    raise CannotRecover(f"siko-{service} is running: stop it first, every replica of it")


async def _backwards(client: Client, service: str, sequence: int) -> AsyncIterator[PublishedEvent]:
    """The stream's messages in reverse, from this sequence to the first."""
    jetstream = client.jetstream()

    async def at(number: int) -> list[PublishedEvent]:
        try:
            message = parsed(service, await jetstream.get_msg(stream(service), seq=number))
        except NotFoundError:
            return []
        return [message] if message else []

    for end in range(sequence, 0, -PAGE):
        numbers = range(end, max(end - PAGE, 0), -1)
        for message in chain.from_iterable(await asyncio.gather(*map(at, numbers))):
            yield message


def _shown(message: PublishedEvent) -> dict[str, Any]:
    body = json.loads(message.body)
    return {
        "position": message.position,
        "event_id": body["event_id"],
        "fact": body["event"] if message.type == Recorded.TYPE else message.type,
        "recorded_at": body["recorded_at"],
    }


def _kept(stored: Notification) -> dict[str, Any]:
    event_id = f"{stored.originator_id}@{stored.originator_version}"
    return {"position": stored.id, "event_id": event_id, "fact": stored.topic}
