"""Answers `differences` of a write service: compares its store with its own stream, page by page, for operators."""

import asyncio

from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.messages import query_subject
from siko_contracts.queries import QueryAnswer
from siko_contracts.queries.audit import Differences

from siko_core import cursors
from siko_core.broker.published import Reading, StreamReader
from siko_core.comparison.differences import differences, end_of
from siko_core.identity.guard import Guard
from siko_core.refusals import Unavailable
from siko_core.requests.broker import Broker
from siko_core.requests.history import EventLog

RETRY_AFTER_S = 1


class Comparison:
    """Compares store and stream. Answers name positions and fields only: contents are for those who may read the log."""

    def __init__(self, log: EventLog, broker: Broker, guard: Guard) -> None:
        self.log = log
        self.service = log.application.name
        self.reader: StreamReader | None = None
        broker.serve(
            query_subject(self.service, Differences.NAME),
            queue=self.service,
            model=Differences,
            handle=self.answer,
            door=guard.query(Differences),
        )

    def connect(self, client: Client) -> None:
        self.reader = StreamReader(client, self.service)

    async def answer(self, request: Differences) -> QueryAnswer:
        """Compare one page. Raises Unavailable if the stream cannot be read."""
        after = cursors.position(request.cursor) if request.cursor else 0
        if self.reader is None:
            raise Unavailable("it starts", retry_after_s=RETRY_AFTER_S)
        try:
            reading = await self.reader.read(after, request.limit)
        except (NatsError, TimeoutError):
            raise Unavailable("the stream does not answer", retry_after_s=RETRY_AFTER_S) from None
        return await asyncio.to_thread(self._compared, after, request.limit, reading)

    def _compared(self, after: int, limit: int, reading: Reading) -> QueryAnswer:
        rows = self.log.rows.behind(after, limit)
        stored = [self.log.rows.stored(row) for row in rows]
        end = end_of(after, [stored_event.position for stored_event in stored], reading, limit)
        items = differences(stored, reading, self.log.rows.lost(), after=after, end=end)
        for row, stored_event in zip(rows, stored, strict=True):
            if stored_event.position <= end:
                items += row.differences(stored_event.position)
        is_done = reading.is_end and end == (
            reading.events[-1].position if reading.events else after
        )
        return QueryAnswer(
            position={self.service: end},
            items=[item.model_dump() for item in sorted(items, key=lambda item: item.position)],
            cursor=None if is_done else cursors.of_position(end),
        )
