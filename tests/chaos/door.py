"""A door into one scheduler beside the bus: what comes in by it is what comes in by NATS, while NATS is away.

Run as a program this is that scheduler, with the door on the port that it is given.
"""

import asyncio
import json
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from siko_core.write_service import WriteService
from siko_scheduler.service import service

HOST = "127.0.0.1"


@dataclass
class Through:
    """A message as the request subscriber knows it, and a reply as a client knows it."""

    data: bytes
    headers: Mapping[str, str]
    reply: str = "door"
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def _client(self) -> "Through":
        return self

    async def publish(self, _reply: str, data: bytes, **_: object) -> None:
        self.data = data
        self.answered.set()


@dataclass
class Door:
    """Asks as a NATS client asks."""

    port: int

    async def request(
        self,
        subject: str,
        body: bytes,
        *,
        timeout: float,  # noqa: ASYNC109 - as the client of NATS has it
        headers: Mapping[str, str],
    ) -> Through:
        asked = {"subject": subject, "headers": headers, "body": body.decode()}
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(HOST, self.port)
                try:
                    writer.write(json.dumps(asked).encode() + b"\n")
                    return Through(await reader.readuntil(), {})
                finally:
                    writer.close()
        except (OSError, asyncio.IncompleteReadError):
            raise TimeoutError from None


class WithDoor(WriteService):
    """The service as it is, and one more of its tasks."""

    port: int

    def tasks(self, client: Any) -> Sequence[Coroutine[Any, Any, None]]:
        return [*super().tasks(client), self.keep_door()]

    async def keep_door(self) -> None:
        async with await asyncio.start_server(self.enter, HOST, self.port) as door:
            await door.serve_forever()

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readuntil())
        subscribers: Sequence[Any] = self.broker.subscribers
        named = (s for s in subscribers if s.subject.template == asked["subject"])
        through = Through(asked["body"].encode(), asked["headers"])
        await next(named).consume(through)
        await through.answered.wait()
        writer.write(through.data + b"\n")
        writer.close()


if __name__ == "__main__":
    service.__class__ = WithDoor
    service.port = int(sys.argv.pop())
    service.main()
