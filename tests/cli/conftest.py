"""A real broker, and services on it that answer what a test says."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg

from tests.conftest import port_of

Reply = Callable[[Msg], Mapping[str, Any] | None]
NATS_SERVER = Path(sys.executable).with_name("nats-server")


@pytest.fixture(scope="module")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("nats")
    server = subprocess.Popen(
        [NATS_SERVER, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"nats://127.0.0.1:{port_of(server, folder)}"
    finally:
        server.terminate()
        server.wait()


class Services:
    """Answers on the subjects of a test; remembers what was asked."""

    def __init__(self, connection: nats.NATS) -> None:
        self.connection = connection
        self.asked: list[Msg] = []

    async def answer(self, subject: str, reply: Reply) -> None:
        """`reply` makes the answer of a request; None: there is none."""

        async def respond(message: Msg) -> None:
            self.asked.append(message)
            answer = reply(message)
            if answer is not None:
                await message.respond(json.dumps(answer).encode())

        await self.connection.subscribe(subject, cb=respond)
        await self.connection.flush()

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(message.data) for message in self.asked]


@pytest.fixture
async def services(nats_url: str) -> AsyncIterator[Services]:
    connection = await nats.connect(nats_url)
    yield Services(connection)
    await connection.close()
