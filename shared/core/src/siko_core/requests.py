"""Commands and queries in: FastStream declares and documents the handlers; on the wire they all run at once.

FastStream's own subscriber takes one message at a time and spends 0.2 ms of its machinery on each. It has no seam for
another class, so `__class__` is set: siko_core pins faststream, and a test guards what this relies on.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

import structlog
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import CoreSubscriber
from nats.aio.msg import Msg
from pydantic import BaseModel, TypeAdapter
from siko_contracts.answers import Refusal

from siko_core.faults import is_permanent
from siko_core.guard import Door
from siko_core.headers import HEADERS
from siko_core.parsing import parsed
from siko_core.refusals import Failed, InvalidCommand, Refused, Unavailable, refusal_of

log = structlog.get_logger()


class RequestSubscriber(CoreSubscriber):
    """A task a message: see who asks, parse, call the handler function itself, respond."""

    door: Door
    handle: Callable[[Any], Awaitable[BaseModel]]
    body: TypeAdapter[Any]
    in_flight: set[asyncio.Task[None]]
    answered: int
    refused: Counter[str]

    async def _create_subscription(self) -> None:
        self.handle = self.calls[0].handler._original_call  # noqa: SLF001 - see the module's docstring
        self.body = TypeAdapter(get_type_hints(self.handle)["request"])
        self.in_flight = set()
        self.subscription = await self.connection.subscribe(
            subject=self.subject.broker_address,
            queue=self.queue,
            cb=self._start,
            **self.extra_options,
        )

    async def _start(self, message: Msg) -> None:
        if message.subject != self.subject.broker_address or "Status" in (message.headers or {}):
            # an event, or a heartbeat: whoever may make consumers can have the server deliver them here
            log.warning("foreign_messages", subject=self.subject.template)
            return
        task = asyncio.create_task(self._answer(message))
        self.in_flight.add(task)
        task.add_done_callback(self.in_flight.discard)

    async def _answer(self, message: Msg) -> None:
        answer: BaseModel
        request: BaseModel | None = None
        headers = message.headers or {}
        try:
            HEADERS.set(headers)
            await self.door.admit(headers)
            request = parsed(self.body, message.data)
            answer = await self.handle(request)
        except Refused as refused:
            answer = refusal_of(refused)
        except Exception as error:
            if is_permanent(error):
                log.exception("request_failed", subject=self.subject.template)
                answer = refusal_of(Failed())
            else:  # the store is away: that is no mistake of the request's, and passes by itself
                log.warning("request_waits", reason=type(error).__name__)
                answer = refusal_of(Unavailable(retry_after_s=1))
        answer = self.door.told(request, answer)
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
        self.answered += 1
        if isinstance(answer, Refusal):
            self.refused[answer.error.code] += 1
            log.info("refused", subject=self.subject.template, code=answer.error.code)
        if message.reply:
            # `respond` would send the request's own headers back, the token among them
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


def subscriber(
    broker: NatsBroker, subject: str, queue: str, description: str, door: Door
) -> Callable[..., Any]:
    """Decorator for `async def handler(request: Model) -> Answer | Refusal`; replicas share the load by the queue."""
    declared: Any = broker.subscriber(subject, queue=queue, description=description)
    declared.__class__ = RequestSubscriber
    declared.door = door
    declared.answered, declared.refused = 0, Counter()
    made: Callable[..., Any] = declared
    return made
