"""Messages onto a stream without waiting for each: every one expects the sequence before its own.

nats-py's `publish_async` never resolves where the server answers with an error, hence an inbox of our own.
"""

import asyncio
import json
from collections.abc import Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from siko_contracts.messages import EXPECTED_SEQUENCE

from siko_core.streaming import Message

ACKS_SECONDS = 5.0
WRONG_LAST_SEQUENCE = 10071


class OutOfFence(Exception):
    """The stream does not end where this relay thought: another one published, or it was refilled."""


class StreamAway(Exception):
    """No stream took the message: it is not there yet, or the server cannot store."""


class Publisher:
    """One window after the other, over one subscription for all their acknowledgements."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._inbox: str | None = None
        self._window = 0
        self._outstanding = 0
        self._settled: asyncio.Future[None] | None = None

    async def publish(self, sequence: int, messages: Sequence[Message]) -> None:
        """Returns when all are on the stream behind this sequence; otherwise one may not be.

        OutOfFence, StreamAway or TimeoutError say why; the tail has to be read again.
        """
        if self._inbox is None:
            inbox = self.client.new_inbox()
            await self.client.subscribe(f"{inbox}.*", cb=self._acknowledge)
            self._inbox = inbox
        self._window += 1
        self._outstanding = len(messages)
        self._settled = asyncio.get_running_loop().create_future()
        reply = f"{self._inbox}.{self._window}"
        for number, each in enumerate(messages):
            headers = {**each.headers, EXPECTED_SEQUENCE: str(sequence + number)}
            await self.client.publish(each.subject, each.body, reply=reply, headers=headers)
        async with asyncio.timeout(ACKS_SECONDS):
            await self._settled

    async def _acknowledge(self, reply: Msg) -> None:
        settled = self._settled
        if settled is None or settled.done() or not reply.subject.endswith(f".{self._window}"):
            return
        self._outstanding -= 1
        if problem := _problem(reply.data):
            settled.set_exception(problem)
        elif not self._outstanding:
            settled.set_result(None)


def _problem(data: bytes) -> Exception | None:
    if not data:
        return StreamAway("no stream answered")
    if b'"error"' not in data and b'"duplicate"' not in data:
        return None
    answer = json.loads(data)
    error = answer.get("error")
    if error and error.get("err_code") != WRONG_LAST_SEQUENCE:
        return StreamAway(error.get("description"))
    return OutOfFence() if error or answer.get("duplicate") else None
