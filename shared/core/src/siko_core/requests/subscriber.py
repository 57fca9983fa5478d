"""Receives commands and queries: FastStream declares and documents the handlers; requests are handled concurrently.

FastStream's own subscriber handles one message at a time, with 0.2 ms of overhead for each. Ours overrides `consume`, the
callback of FastStream's subscription, and calls the handler function directly; `broker.py` constructs it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats.subscriber.config import NatsSubscriberConfig
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import CoreSubscriber
from nats.aio.msg import Msg
from pydantic import BaseModel, TypeAdapter
from siko_contracts.answers import Refusal
from siko_contracts.messages import guest_subject

from siko_core.broker.client import LastingClient
from siko_core.faults import is_permanent
from siko_core.identity.admission import Turn
from siko_core.identity.guard import BUSY, Door
from siko_core.identity.headers import HEADERS
from siko_core.parsing import parsed
from siko_core.refusals import Failed, InvalidCommand, Refused, Unavailable, refusal_of

log = structlog.get_logger()
Handle = Callable[[Any], Awaitable[BaseModel]]
"""Answers a parsed request."""
STATUS = b"NATS/1.0 "
"""Prefix of the headers of the server's own messages, such as heartbeats."""
FOREIGN_EACH = 1000
"""One in so many messages that are no requests is logged."""


class RequestSubscriber(CoreSubscriber):
    """Runs one task for each message: identify the caller, parse, call the handler function directly, respond."""

    def __init__(
        self,
        config: NatsSubscriberConfig,
        specification: NatsSubscriberSpecification,
        calls: CallsCollection[Msg],
        *,
        queue: str,
        model: type[BaseModel],
        handle: Handle,
        door: Door,
    ) -> None:
        super().__init__(config, specification, calls, queue=queue)
        self.model = model
        self.handle = handle
        self.door = door
        self.body = TypeAdapter[Any](model)
        self.address = self.subject.broker_address.encode()
        self.guest_address = guest_subject(self.subject.broker_address).encode()
        self.in_flight: set[asyncio.Task[None]] = set()
        self.answered = 0
        self.refused = Counter[str]()
        self.unknown = 0
        """Number of requests refused before the caller was known."""
        self.foreign = 0
        """Number of messages that were no requests: a consumer can be told to deliver events and heartbeats here."""

    async def start(self) -> None:
        await super().start()
        # nothing is awaited since it subscribed, so no message arrives before it is screened
        if self.subscription and isinstance(self.connection, LastingClient):
            self.connection.screen(self.subscription, self.screen)

    def screen(self, subject: bytes, headers: bytes | None) -> bytes | None:
        """Turn away messages that need no handling: return the reply, None if the message must be handled."""
        return self._screen(subject == self.address, headers, guest=False)

    def screen_guest(self, subject: bytes, headers: bytes | None) -> bytes | None:
        return self._screen(subject == self.guest_address, headers, guest=True)

    def _screen(self, is_request: bool, headers: bytes | None, *, guest: bool) -> bytes | None:
        if not is_request or (headers or b"").startswith(STATUS):
            if self.foreign % FOREIGN_EACH == 0:
                log.warning("foreign_messages", subject=self.subject.template)
            self.foreign += 1
            return b""
        if (refusal := self.door.screen(headers, guest=guest)) is None:
            return None
        self._count(refusal.code)
        if refusal is not BUSY:
            self._tell(refusal.code, is_known=False)
        return refusal.body

    async def consume(self, message: Msg) -> None:
        await self._receive(message, guest=False)

    async def receive_guest(self, message: Msg) -> None:
        await self._receive(message, guest=True)

    async def _receive(self, message: Msg, *, guest: bool) -> None:
        try:
            turn = self.door.turn(message.headers or {}, len(message.data), guest=guest)
        except Unavailable:
            log.warning("too_many_requests", subject=self.subject.template)
            self._count(BUSY.code)
            await self._send(message, BUSY.body)
            return
        task = asyncio.create_task(self._answer(message, turn))
        self.in_flight.add(task)
        task.add_done_callback(self.in_flight.discard)
        task.add_done_callback(lambda _: turn.end())

    async def _answer(self, message: Msg, turn: Turn) -> None:
        answer: BaseModel
        request: BaseModel | None = None
        headers = message.headers or {}
        try:
            HEADERS.set(headers)
            await self.door.admit(headers, turn)
            request = parsed(self.body, message.data)
            answer = await self.handle(request)
        except Refused as refused:
            answer = refusal_of(refused)
        except Exception as error:
            if is_permanent(error):
                log.exception("request_failed", subject=self.subject.template)
                answer = refusal_of(Failed())
            else:  # transient, as a store that is away: not the request's fault
                log.warning("request_waits", reason=type(error).__name__)
                answer = refusal_of(Unavailable(retry_after_s=1))
        answer = self.door.visible(request, answer)
        body, most = _body(answer), self.connection.max_payload
        if len(body) > most:
            limit = f"the answer has {len(body)} bytes, and the broker carries {most}: ask for less at once"
            answer = refusal_of(InvalidCommand(limit=limit))
            body = _body(answer)
        try:
            await self.door.note(request, answer)
        except Refused as refused:
            answer = refusal_of(refused)
            body = _body(answer)
        code = answer.error.code if isinstance(answer, Refusal) else None
        self._count(code)
        if code:
            self._tell(code, is_known=self.door.is_known())
        await self._send(message, body)

    def _count(self, code: str | None) -> None:
        self.answered += 1
        if code:
            self.refused[code] += 1

    def _tell(self, code: str, *, is_known: bool) -> None:
        if not is_known:
            self.unknown += 1
        if is_known or self.door.note_unknown(code):
            log.info("refused", subject=self.subject.template, code=code)

    async def _send(self, message: Msg, body: bytes) -> None:
        if message.reply:
            # `respond` would send the request's own headers back, including the token
            await message._client.publish(message.reply, body, headers=self.door.headers)  # noqa: SLF001

    async def stop(self) -> None:
        if self.subscription is not None:
            await self.subscription.drain()  # type: ignore[no-untyped-call]
            self.subscription = None
        if self.in_flight:
            await asyncio.wait(self.in_flight, timeout=5)
        await super().stop()


def _body(answer: BaseModel) -> bytes:
    return answer.model_dump_json(by_alias=True).encode()
