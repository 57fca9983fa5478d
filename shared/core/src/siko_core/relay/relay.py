"""Publishes the event log to the service's stream: each event once, in order; a stream that lost messages is refilled."""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from eventsourcing.persistence import Notification
from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.messages import stream

from siko_core.broker.batching import Pace
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.history import Epochs, epochs, is_lost
from siko_core.follower.tail import last_up_to
from siko_core.loops import repeat
from siko_core.positions import Place
from siko_core.publishing import Contracts
from siko_core.recovery.compare import HistoriesDiffer, end_service, ensure_stored
from siko_core.relay.message import Message, message
from siko_core.relay.publisher import OutOfFence, Publisher, StreamAway

log = structlog.get_logger()
ANSWERS_FIRST = 5
"""Iterations of the event loop left to sending the answers of a commit, before publishing occupies it."""
POLL_SECONDS = 1.0
WINDOW = 256
MOST_STUCK = 3
"""Refusals at the same tail until the relay pauses: no other relay publishes, so the server stores nothing (disk full)."""


class Relay:
    """Reads the stream's tail, publishes behind it, and starts over whenever the two disagree.

    The position lives in the stream: there is no checkpoint that could be wrong. Every publish expects the sequence
    before its own, so that of two relays one is refused (error 10071) and reads the tail again.
    """

    def __init__(
        self,
        application: EventSourcedApplication,
        contracts: Contracts,
        client: Client,
        committed: asyncio.Event,
        recent: Callable[[int], Sequence[Notification]] = lambda _: (),
    ) -> None:
        self.application = application
        self.recorder = application.recorder
        self.contracts = contracts
        self.client = client
        self.committed = committed
        self.recent = recent
        self.publisher = Publisher(client)
        self.stream = stream(application.name)
        self.published = self.fenced = 0
        self.tail: Place | None = None
        self._stuck = 0
        """How often in a row the server has refused to publish behind a tail that did not move."""
        self._known: dict[int, bytes] = {}
        self._epochs: Epochs | None = None
        self._pace = Pace()

    async def run(self) -> None:
        """Publish until cancelled, and retry after every error; ends the process if the histories differ."""
        await repeat(self._publish, self._failed)

    async def _publish(self) -> float:
        """Publish until the server refuses; returns the pause until the tail is read again."""
        before = self.tail
        self._epochs = await asyncio.to_thread(epochs, self.application)
        try:
            await self._publish_behind(await self._confirmed_tail())
        except OutOfFence:
            self.fenced += 1
            self._stuck = self._stuck + 1 if self.tail == before else 0
            if self._stuck > MOST_STUCK:
                log.warning("relay_waits", stream=self.stream, reason="NothingStored")
                return POLL_SECONDS
        return 0

    def _failed(self, error: Exception) -> float:
        match error:
            case HistoriesDiffer():
                end_service(self.application.name, error)
            case NatsError() | StreamAway() | TimeoutError():
                log.warning("relay_waits", stream=self.stream, reason=type(error).__name__)
            case _:
                log.error("relay_failed", stream=self.stream, exc_info=error)
        return POLL_SECONDS

    async def _read_tail(self) -> Place:
        """The stream's last position, and its last sequence number. Raises HistoriesDiffer if the store lacks that event."""
        state = (await self.client.jetstream().stream_info(self.stream)).state
        if not state.messages:
            return Place(0, state.last_seq)
        last = await last_up_to(self.client, self.application.name, state.last_seq)
        tail = Place(last.position if last else 0, state.last_seq)
        if last and tail != self.tail:
            await asyncio.to_thread(ensure_stored, self.application, self.contracts, last)
        return tail

    async def _moved(self, tail: Place) -> bool:
        """Whether the stream has lost its end, or another relay has published; an idle relay would not notice by itself."""
        state = (await self.client.jetstream().stream_info(self.stream)).state
        return state.last_seq != tail.sequence or bool(tail.position and not state.messages)

    async def _confirmed_tail(self) -> Place:
        """The tail to publish behind.

        A tail lower than an acknowledged one may come from a server that is still catching up, so the server is
        asked once more after a pause. If that answer is stale too, the expected sequence makes the server refuse;
        a stream that was really rolled back accepts the messages, and is refilled.
        """
        tail = await self._read_tail()
        if self.tail is not None and tail.sequence < self.tail.sequence:
            log.warning("tail_went_back", stream=self.stream, to=tail.sequence)
            await asyncio.sleep(POLL_SECONDS)
            tail = await self._read_tail()
        return tail

    async def _publish_behind(self, tail: Place) -> None:
        """Keep publishing what the store holds behind the tail. Raises OutOfFence if the stream ends elsewhere."""
        while True:
            self.tail = tail
            self.committed.clear()
            messages = await self._next(tail.position)
            if messages:
                self._pace.begin()
            while messages:
                following: list[Message] = []
                if len(messages) < WINDOW:
                    await self.publisher.publish(tail.sequence, messages)
                else:  # far behind: read on while the server stores
                    _, following = await asyncio.gather(
                        self.publisher.publish(tail.sequence, messages),
                        asyncio.to_thread(self._read, messages[-1].position),
                    )
                self.published += len(messages)
                tail = Place(messages[-1].position, tail.sequence + len(messages))
                self.tail, messages = tail, following
            # no query for more: a commit in the meantime has set `committed`, here or by a notice, or the poll detects it
            if not await self._woken() and await self._moved(tail):
                raise OutOfFence

    async def _next(self, position: int) -> list[Message]:
        """Messages behind the position: from the writer's recent commits, else from the store."""
        if recent := self.recent(position):
            return self._messages(recent[:WINDOW], position)
        return await asyncio.to_thread(self._read, position)

    def _read(self, position: int) -> list[Message]:
        return self._messages(self._behind(position), position)

    def _messages(self, notifications: Sequence[Notification], position: int) -> list[Message]:
        messages = []
        name, mapper = self.application.name, self.application.mapper
        for stored in notifications:
            epoch = self._epochs.at(stored.id) if self._epochs else None
            messages.append(message(name, self.contracts, mapper, stored, position, epoch=epoch))
            position = stored.id
        return messages

    def _behind(self, position: int) -> Sequence[Notification]:
        """Up to WINDOW stored events behind the position.

        Raises HistoriesDiffer if the event at the position is no longer the same: the store was restored beneath
        this process.
        """
        page: Sequence[Notification] = self.recorder.select_notifications(position, WINDOW + 1)
        holds_tail = bool(page) and page[0].id == position
        if holds_tail:
            is_same = self._known.get(position, page[0].state) == page[0].state
        else:
            is_same = position == 0 or is_lost(self.application, position)
        if not is_same:
            what = f"the store has lost position {position}, with which {self.stream} ends"
            raise HistoriesDiffer(self.application.name, what)
        self._known = {stored.id: stored.state for stored in page[-1:]}
        return page[1:] if holds_tail else page

    async def _woken(self) -> bool:
        """Wait for a commit. True if there was one; False after POLL_SECONDS, when the store is to be polled."""
        try:
            # not `wait_for`: in Python 3.11 it loses a cancellation that arrives together with the result
            async with asyncio.timeout(POLL_SECONDS):
                await self.committed.wait()
        except TimeoutError:
            return False
        await self._pace.wait()
        for _ in range(ANSWERS_FIRST):
            await asyncio.sleep(0)
        return True
