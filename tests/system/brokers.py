"""Brokers that know their users: the one of `siko up`, and the one that is deployed."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from siko import addresses, broker, broker_users
from siko_core.broker import permissions, topology

from .conftest import BIN, ROOT

LISTENING = "0A"
"""A socket's state in /proc/net/tcp."""


@dataclass
class Connection:
    """A client, and what the broker refused it."""

    client: Client
    refused: list[str] = field(default_factory=list)

    async def is_refused(self) -> bool:
        """Anything since the last time. nats-py's ping overtakes what waits to be written, the second one does not."""
        await self.client.flush()
        await self.client.flush()
        found, self.refused[:] = bool(self.refused), []
        return found

    async def may_publish(self, subject: str) -> bool:
        await self.client.publish(subject, b"{}", reply=self.client.new_inbox())
        return not await self.is_refused()

    async def may_subscribe(self, subject: str, queue: str = "") -> bool:
        subscription = await self.client.subscribe(subject, queue=queue)
        may = not await self.is_refused()
        await subscription.unsubscribe()
        return may


@dataclass
class Broker:
    url: str
    logins: Path
    pid: int

    @asynccontextmanager
    async def connected(self, user: str | None) -> AsyncIterator[Connection]:
        """None: somebody without a login."""
        refused: list[str] = []

        async def note(error: Exception) -> None:
            refused.append(str(error))

        known = user not in {None, permissions.GUEST}
        credentials = broker_users.credentials_file(self.logins, str(user)) if known else None
        client = await nats.connect(
            self.url, error_cb=note, allow_reconnect=False, **broker_users.options(credentials)
        )
        try:
            yield Connection(client, refused)
        finally:
            await client.close()

    async def apply(self) -> None:
        async with self.connected("topology") as connection:
            await topology.apply(connection.client)


@contextmanager
def local(folder: Path) -> Iterator[Broker]:
    """That of `siko up`."""
    (port,) = addresses.ports(0, 1)
    with _started(broker.write_configuration(folder, port), port) as pid:
        yield Broker(f"nats://{addresses.HOST}:{port}", folder / broker_users.FOLDER, pid)


@contextmanager
def without_users(folder: Path) -> Iterator[str]:
    """As `siko up` had it before, on the same store; its address."""
    (port,) = addresses.ports(0, 1)
    configuration = folder / "before.conf"
    configuration.write_text(
        f"listen: '{addresses.HOST}:{port}'\njetstream {{ store_dir: '{folder}/nats' }}\n"
    )
    with _started(configuration, port):
        yield f"nats://{addresses.HOST}:{port}"


def listens_on(pid: int) -> set[str]:
    """Addresses of a process, as `127.0.0.1:4222`; for IPv4."""
    inodes = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *more = line.split()
        if state == LISTENING and f"socket:[{more[5]}]" in inodes:
            host, port = (bytes.fromhex(each)[::-1] for each in local.split(":"))
            found.add(f"{'.'.join(map(str, host))}:{int.from_bytes(port, 'little')}")
    return found


@contextmanager
def deployed(folder: Path, name: str = "nats.conf", monitoring: int = 0) -> Iterator[Broker]:
    """`deploy/nats/nats.conf`, or another one there, on ports of its own."""
    (port,) = addresses.ports(0, 1)
    broker_users.make(folder / "logins")
    for file in (ROOT / "deploy/nats").iterdir():
        text = file.read_text().replace("0.0.0.0:4222", f"{addresses.HOST}:{port}")
        text = text.replace("store_dir: /data", f"store_dir: '{folder}/data'")
        (folder / file.name).write_text(text.replace(":8222", f":{monitoring}"))
    with _started(folder / name, port) as pid:
        yield Broker(f"nats://{addresses.HOST}:{port}", folder / "logins", pid)


@contextmanager
def _started(configuration: Path, port: int) -> Iterator[int]:
    log = configuration.with_suffix(".log")
    with log.open("wb") as opened:
        server: Any = subprocess.Popen(
            [BIN / "nats-server", "-c", configuration], stderr=opened, stdout=opened
        )
    try:
        deadline = time.monotonic() + 10
        while asyncio.run(broker.hindrance(f"nats://{addresses.HOST}:{port}")):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield server.pid
    finally:
        server.terminate()
        server.wait(10)
