"""Whole flows through real processes: client, NATS, scheduler, relay, stream, reporting's follower, view."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError
from siko_contracts.messages import command_subject
from siko_core import topology

from bench.processes import services
from bench.scheduler import REGISTER, SCHEDULE, in_flight
from bench.watching import Watch, watch

SUBJECT = command_subject("scheduler", "schedule_conference")
BODY = json.dumps(SCHEDULE).encode()
ECHO = "bench.echo"
IDLE_SECONDS = 0.01


class Flow:
    """A client's connection to a running scheduler and reporting, and a look into reporting's database."""

    def __init__(self, client: Client, seen: Watch) -> None:
        self.client = client
        self.seen = seen

    async def ask(self, subject: str, body: bytes) -> int:
        """The position of the answer."""
        reply = await self.client.request(subject, body, timeout=30)
        answer = json.loads(reply.data)
        if not answer["ok"]:
            raise RuntimeError(f"refused: {answer}")
        return int(answer["position"])

    async def register(self) -> None:
        position = 0
        for command, fields in REGISTER:
            subject = command_subject("scheduler", command.NAME)
            position = await self._ask_patiently(subject, json.dumps(fields).encode())
        await self.seen.reached(position)

    async def _ask_patiently(self, subject: str, body: bytes) -> int:
        """A service may be ready a moment before it listens."""
        while True:
            try:
                return await self.ask(subject, body)
            except NoRespondersError:
                await asyncio.sleep(0.05)

    async def replies(self, seconds: float) -> list[float]:
        """Seconds of each command until its answer, one at a time."""
        return await in_flight(1, lambda: self.ask(SUBJECT, BODY), seconds)

    async def views(self, commands: int) -> list[float]:
        """Seconds of each command until reporting's view holds it, one at a time on an idle system."""
        taken = []
        for _ in range(commands):
            began = time.perf_counter()
            await self.seen.reached(await self.ask(SUBJECT, BODY))
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(IDLE_SECONDS)
        return taken

    async def throughput(self, number: int, seconds: float) -> float:
        """Commands a second, so many in flight, until the last one is in the view."""
        last = 0

        async def one() -> None:
            nonlocal last
            last = max(last, await self.ask(SUBJECT, BODY))

        began = time.perf_counter()
        taken = await in_flight(number, one, seconds)
        await self.seen.reached(last)
        return len(taken) / (time.perf_counter() - began)

    async def round_trips(self, seconds: float) -> list[float]:
        """Seconds of each request that another process only echoes."""
        return await in_flight(1, lambda: self.client.request(ECHO, BODY), seconds)


@asynccontextmanager
async def flow(nats_url: str, scheduler: str, reporting: str, folder: Path) -> AsyncIterator[Flow]:
    """`scheduler`, `reporting`: addresses of their empty databases."""
    client = await nats.connect(nats_url)
    await topology.apply(client)
    echo = subprocess.Popen(
        [sys.executable, "-m", "bench.echo", nats_url, ECHO],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    try:
        await asyncio.to_thread(echo.stdout.readline)  # type: ignore[union-attr]  # we asked for the pipe
        databases = {"scheduler": scheduler, "reporting": reporting}
        with services(nats_url, databases, folder):
            async with watch(reporting) as seen:
                made = Flow(client, seen)
                await made.register()
                yield made
    finally:
        echo.terminate()
        echo.wait()
        await client.close()
