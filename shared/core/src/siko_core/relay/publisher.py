"""Messages onto a stream without waiting for each, behind the sequence that they expect.

Few go each for itself, and each expects the one before it. Many go together (NATS ADR-50): the server stores all or
none, with one fsync and one acknowledgement; that takes some 3 ms, and for 64 a third of the time of one by one.
nats-py's `publish_async` never resolves where the server answers with an error, hence an inbox of our own.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from siko_contracts.messages import BATCH_COMMIT, BATCH_ID, BATCH_SEQUENCE, EXPECTED_SEQUENCE
from uuid_utils import uuid7

from siko_core.relay.message import Message

ACKS_SECONDS = 5.0
TOGETHER_FROM = 16
ELSEWHERE = {10071, 10201}
"""The server's codes for another last sequence, and for messages that it has already."""


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
        self._settled = asyncio.get_running_loop().create_future()
        reply = f"{self._inbox}.{self._window}"
        if len(messages) < TOGETHER_FROM:
            self._outstanding = len(messages)
            for number, each in enumerate(messages):
                expected = {EXPECTED_SEQUENCE: str(sequence + number)}
                await self._send(each, expected, reply)
        else:
            self._outstanding = 1
            batch, last = str(uuid7()), len(messages)
            for number, each in enumerate(messages, 1):
                headers = {BATCH_ID: batch, BATCH_SEQUENCE: str(number)}
                if number == 1:
                    headers[EXPECTED_SEQUENCE] = str(sequence)
                if number == last:
                    headers[BATCH_COMMIT] = "1"
                await self._send(each, headers, reply if number == last else "")
        async with asyncio.timeout(ACKS_SECONDS):
            await self._settled

    async def _send(self, message: Message, headers: Mapping[str, str], reply: str) -> None:
        headers = {**message.headers, **headers}
        await self.client.publish(message.subject, message.body, reply=reply, headers=headers)

    async def _acknowledge(self, reply: Msg) -> None:
        settled = self._settled
        if settled is None or settled.done() or reply.subject != f"{self._inbox}.{self._window}":
            return
        if (reply.headers or {}).get("Status") == "100":
            return  # a heartbeat: whoever may make consumers can have the server say one anywhere
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
    if error and error.get("err_code") not in ELSEWHERE:
        return StreamAway(error.get("description"))
    return OutOfFence() if error or answer.get("duplicate") else None
