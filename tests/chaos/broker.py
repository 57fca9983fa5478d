"""The nats-server: what is acknowledged is on disk; its store can be copied, put back and taken away."""

import asyncio
import json
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nats
from nats.aio.client import Client
from siko_contracts.messages import stream
from siko_core.broker import topology

from tests.chaos.processes import Kept, NotStarted, Program, until

SERVER = Path(sys.executable).with_name("nats-server")
READY_SECONDS = 20.0


class Broker:
    def __init__(self, folder: Path, host: str, port: int, health_port: int, log: Path) -> None:
        """`folder`: for the store, on whatever disk it is to run out of; its copies stand beside the log."""
        self.url = f"nats://{host}:{port}"
        self._health = f"http://127.0.0.1:{health_port}/healthz"
        self.store = folder / "store"
        self._copy = log.with_name("nats-copy")
        configuration = log.with_name("nats.conf")
        configuration.write_text(
            f'listen: "{host}:{port}"\nhttp: "127.0.0.1:{health_port}"\nmax_payload: 8MB\n'
            f"jetstream {{ store_dir: {json.dumps(str(self.store))}, sync_interval: always, max_file_store: 1GB }}\n"
        )
        command: list[str | Path] = [SERVER, "-c", configuration]
        self.kept = Kept(Program("nats", command, log, alive=self.healthy))

    async def start(self) -> None:
        self.kept.start()
        await until(self.healthy, READY_SECONDS, "nats-server is healthy")

    async def healthy(self) -> bool:
        """Its streams too: one that has run out of disk takes nothing more until the server is started anew."""
        return await asyncio.to_thread(self._healthy)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self._health, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    async def copy(self) -> None:
        """Keep the store as it is at this moment, in place of an earlier copy."""
        async with self.kept.paused():
            shutil.rmtree(self._copy, ignore_errors=True)
            await asyncio.to_thread(shutil.copytree, self.store, self._copy)

    async def roll_back(self) -> None:
        """As a server comes back whose disk had lost its last writes."""
        async with self.kept.down():
            shutil.rmtree(self.store)
            await asyncio.to_thread(shutil.copytree, self._copy, self.store)

    async def wipe(self, service: str) -> None:
        """The stream's files are gone, as after a lost volume."""
        async with self.kept.down():
            for found in self.store.glob(f"jetstream/*/streams/{stream(service)}"):
                shutil.rmtree(found)

    async def begin_stream(self, service: str, first: int) -> None:
        """An empty stream as the topology wants it, whose first message gets this sequence number."""
        wanted = next(each for each in topology.streams() if each.name == stream(service))
        asked = json.dumps(wanted.as_dict() | {"first_seq": first}).encode()
        client = await self.connect()
        try:
            answer = await client.request(f"$JS.API.STREAM.CREATE.{wanted.name}", asked, timeout=5)
            if "error" in json.loads(answer.data):
                raise NotStarted(answer.data.decode())
        finally:
            await client.close()

    async def connect(self) -> Client:
        """A client that outlives every restart."""
        return await nats.connect(
            self.url,
            name="chaos",
            error_cb=_ignore,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,
            connect_timeout=2,
            ping_interval=2,
            max_outstanding_pings=2,
        )


async def _ignore(_: Exception) -> None:
    """The requests say it themselves."""
