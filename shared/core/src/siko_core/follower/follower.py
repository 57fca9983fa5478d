"""Consumes another service's events in order, each exactly once; all that have arrived share one transaction.

The checkpoint is kept in the follower's own database; the server is only asked to deliver from there. On any anomaly
(a gap, silence, a consumer that is gone) the consumer is recreated at the checkpoint. A message that does not come
from that consumer, or is no event of the producer, is counted and otherwise ignored (`message.Origin`).
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, ReplayPolicy
from siko_contracts.events import HistoryLost
from siko_contracts.messages import stream

from siko_core.broker.batching import Pace
from siko_core.follower.message import Followed, Foreign, Origin
from siko_core.follower.parking import carefully
from siko_core.follower.shortfall import Shortfall
from siko_core.follower.tail import last_event
from siko_core.loops import repeat
from siko_core.positions import OutOfStep, Place

log = structlog.get_logger()
BATCH = 500
HEARTBEAT_SECONDS = 2.0
SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
STANDBY_SECONDS = 2.0
REFILL_SECONDS = 1.0
ARRIVING_SECONDS = 0.001
"""Delay before a batch is taken: messages published together arrive one by one, and should share a transaction."""
OVERDUE_SECONDS = 6.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Gap(Exception):
    """A message is missing between what was applied and what arrived."""


def _leads_on(each: Followed, position: int) -> bool:
    """Whether the event is a HistoryLost that spans the position: in a refilled stream only it follows a lost position."""
    event = each.event
    return (
        isinstance(event, HistoryLost)
        and each.previous < position
        and event.from_ <= position <= event.to
    )


def _next(each: Followed, position: int) -> Followed | None:
    """Return the event if it is the next one, None if it was applied before. Raises Gap if one before it is missing."""
    if each.position <= position:
        return None
    if each.previous != position and not _leads_on(each, position):
        raise Gap
    return each


class Follower:
    """Follows one producer. `place` reads the checkpoint; `apply` commits the effects and the next checkpoint together.

    `apply` is called as `apply(batch, step)`, or as `apply([event], step, fault)` to park an event that fails
    permanently (see `parking.carefully`).
    """

    def __init__(
        self,
        name: str,
        producer: str,
        client: Client,
        place: Callable[[str], Awaitable[Place]],
        apply: Callable[..., Awaitable[Any]],
        *,
        take_lease: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self.name = name
        self.producer = producer
        self.client = client
        self.place = place
        self.apply = apply
        self.take_lease = take_lease
        self.batches = self.applied = self.renewed = self.foreign = 0
        self.shortfall: Shortfall | None = None
        """Set while the stream ends before our checkpoint."""
        self._failures = 0
        """Runs in a row that have applied nothing, up to the longest pause."""
        self._applied_before = 0
        self._from_start = False
        """Whether the next consumer searches the whole stream for the checkpoint."""
        self._sequence = 0
        """Stream sequence of the last message that our consumer delivered."""
        self._arrived: deque[Msg] = deque()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled; after any anomaly with a new consumer at the checkpoint."""
        await repeat(self._follow_once, self._failed)

    async def _follow_once(self) -> float:
        self._applied_before = self.applied
        await self._stand_by()
        await self._follow()
        return self._backoff()

    def _failed(self, error: Exception) -> float:
        who = {"follower": self.name, "producer": self.producer}
        match error:
            case Gap():
                # The stored stream sequence holds another message now: search the whole stream for the position.
                self._from_start = not self._from_start
                log.warning("follower_gap", **who)
            case OutOfStep():
                log.info("follower_overtaken", **who)
            case _:
                self._from_start = False
                log.warning("follower_waits", **who, reason=type(error).__name__)
        return self._backoff()

    def _backoff(self) -> float:
        """Return the pause until the next consumer: longer as long as nothing was applied."""
        longest = len(RETRY_SECONDS) - 1
        has_applied = self.applied > self._applied_before
        self._failures = 0 if has_applied else min(self._failures + 1, longest)
        self.renewed += 1
        return RETRY_SECONDS[self._failures]

    async def _stand_by(self) -> None:
        """Wait until this replica holds the lease, or until its holder has made no progress for OVERDUE_SECONDS.

        A checkpoint that does not move counts as overdue only while the stream holds later messages.
        """
        standing, since = await self.place(self.producer), asyncio.get_running_loop().time()
        while self.take_lease and not await self.take_lease(f"{self.name} {self.producer}"):
            await asyncio.sleep(STANDBY_SECONDS)
            place, now = await self.place(self.producer), asyncio.get_running_loop().time()
            state = (await self.client.jetstream().stream_info(stream(self.producer))).state
            if place != standing or state.last_seq <= place.sequence:
                standing, since = place, now
            elif now - since > OVERDUE_SECONDS:
                log.warning("leader_overdue", follower=self.name, producer=self.producer)
                return

    async def _follow(self) -> None:
        """Run one consumer until an exception, or return when the server has been silent for too long."""
        place = await self.place(self.producer)
        self._arrived.clear()
        pace, inbox = Pace(), self.client.new_inbox()
        subscription = await self.client.subscribe(inbox, cb=self._receive)
        try:
            origin = await self._consume(
                inbox, 1 if self._from_start else await self._behind(place)
            )
            heard_at, heard = time.monotonic(), self._sequence
            while True:
                try:
                    # not `wait_for`: in Python 3.11 that loses a cancellation which comes together with the result
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    log.warning("consumer_silent", follower=self.name, producer=self.producer)
                    return
                await asyncio.sleep(ARRIVING_SECONDS)
                self._wake.clear()
                while self._arrived:
                    await pace.wait()
                    before, place = place, await self._apply(origin, place)
                    if place != before:
                        pace.begin()
                if heard != self._sequence:
                    heard_at, heard = time.monotonic(), self._sequence
                elif time.monotonic() - heard_at > SILENCE_SECONDS:
                    if await self._misses_something():
                        log.warning("consumer_silent", follower=self.name, producer=self.producer)
                        return
                    heard_at = time.monotonic()
        finally:
            with contextlib.suppress(Exception):
                await subscription.unsubscribe()

    async def _misses_something(self) -> bool:
        """Whether the stream holds messages that our consumer has not delivered.

        Heartbeats cannot answer that: they do not say which consumer sent them.
        """
        state = (await self.client.jetstream().stream_info(stream(self.producer))).state
        return bool(state.messages) and state.last_seq != self._sequence

    async def _behind(self, place: Place) -> int:
        """Return the stream sequence to resume from, waiting while the stream is being refilled.

        A stream that was refilled without the lost events is shorter, so its sequence numbers have shifted.
        """
        try:
            while place.sequence:
                last = await last_event(self.client, self.producer)
                if last and last.position == place.position:
                    return last.sequence + 1
                if last and last.position > place.position:
                    return place.sequence + 1 if last.sequence > place.sequence else 1
                # the stream is being refilled; if that lasts, its service's database was restored
                self._falls_short(place.position, last.position if last else 0)
                await asyncio.sleep(REFILL_SECONDS)
        finally:
            self.shortfall = None
        return 1

    def _falls_short(self, position: int, end: int) -> None:
        now = time.monotonic()
        if self.shortfall is None:
            log.warning("producer_behind", follower=self.name, producer=self.producer)
            self.shortfall = Shortfall(position, end, now)
        self.shortfall = self.shortfall.at(end, now)

    async def _consume(self, inbox: str, sequence: int) -> Origin:
        """Create an ephemeral ordered push consumer; the server removes it when we stop listening to the inbox."""
        consumer = await self.client.jetstream().add_consumer(
            stream(self.producer),
            ConsumerConfig(
                deliver_subject=inbox,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=sequence,
                ack_policy=AckPolicy.NONE,
                replay_policy=ReplayPolicy.INSTANT,
                flow_control=True,
                idle_heartbeat=HEARTBEAT_SECONDS,
                inactive_threshold=10.0,
                max_deliver=1,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._sequence = sequence - 1
        return Origin(self.producer, consumer.name)

    async def _receive(self, message: Msg) -> None:
        self._arrived.append(message)
        self._wake.set()

    async def _apply(self, origin: Origin, place: Place) -> Place:
        """Apply the messages that have arrived, in one transaction; return the new checkpoint."""
        foreign = self.foreign
        batch, flow_control = self._take(origin, place.position)
        if self.foreign > foreign:
            log.warning("foreign_messages", follower=self.name, producer=self.producer)
        if batch:
            await carefully(self.apply, self.producer, place.position, batch)
            self.batches += 1
            self.applied += len(batch)
            place = Place(batch[-1].position, batch[-1].sequence)
        for (
            reply
        ) in flow_control:  # backpressure: the server continues once what it sent is applied
            await self.client.publish(reply)
        return place

    def _take(self, origin: Origin, position: int) -> tuple[list[Followed], list[str]]:
        """Return the arrived events to apply after this position, and the reply subjects of flow control requests."""
        batch: list[Followed] = []
        flow_control: list[str] = []
        while self._arrived and len(batch) < BATCH:
            message = self._arrived.popleft()
            if not message.reply and (message.headers or {}).get("Status") == "100":
                continue  # a heartbeat, of whichever consumer
            if origin.asks_to_go_on(message):
                flow_control.append(message.reply)
                continue
            try:
                self._sequence = origin.sequence(message)
                followed = _next(origin.followed(message), position)
            except Foreign:
                self.foreign += 1
                continue
            except Exception:
                if not batch:
                    raise
                self._arrived.appendleft(message)  # apply the messages before it first
                break
            if followed:
                batch.append(followed)
                position = followed.position
        return batch, flow_control
