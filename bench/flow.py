"""Whole flows through real processes: client, NATS, scheduler, relay, stream, reporting's follower, view."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import nats
from nats.aio.client import Client
from nats.errors import NoRespondersError
from siko.issuer import Issuer
from siko.roles import IMPORT, SignIn
from siko_contracts.messages import AUTHORIZATION, command_subject
from siko_core.broker import topology
from siko_core.refusals import Unavailable

from bench.machine import Machine
from bench.processes import services
from bench.replica import in_flight
from bench.rounds import timed
from bench.scheduler import REGISTER, SCHEDULE, SECRETARIAT
from bench.watching import Watch, watch

SUBJECT = command_subject("scheduler", "schedule_conference")
BODY = json.dumps(SCHEDULE).encode()
ECHO = "bench.echo"


class Flow:
    """A client's connection to a running scheduler and reporting, and a watch on reporting's database."""

    services: tuple[str, ...] = ("scheduler", "reporting")
    producer = "scheduler"

    def __init__(self, client: Client, seen: Watch, folder: Path) -> None:
        """`folder` holds the signing key of the services."""
        self.folder = folder
        self._client = client
        self._seen = seen
        self._issuer = Issuer(folder)

    async def command(self) -> int:
        """Schedule one conference; return the answer's position."""
        return await self._ask(SUBJECT, BODY, SECRETARIAT)

    async def view(self) -> None:
        """Schedule one conference, and wait until it is in reporting's database."""
        await self._seen.reached(await self.command())

    async def round_trip(self) -> None:
        """Send the same request to a process that only echoes."""
        await self._client.request(ECHO, BODY, timeout=30)

    async def throughput(self, number: int, seconds: float) -> float:
        """Return commands per second with `number` in flight, until the last one is in the view."""
        last = 0

        async def one() -> None:
            nonlocal last
            last = max(last, await self.command())

        began = time.perf_counter()
        taken = await in_flight(number, one, seconds)
        await self._seen.reached(last)
        return len(taken) / (time.perf_counter() - began)

    async def prepare(self) -> None:
        await self._seen.reached(await self._register())

    async def _register(self) -> int:
        """Register what the commands need; return the position of the last event."""
        position = 0
        for command, fields in REGISTER:
            position = await self._ask_patiently("scheduler", command.NAME, fields, IMPORT)
        return position

    async def _ask(self, subject: str, body: bytes, by: SignIn) -> int:
        headers = {AUTHORIZATION: f"Bearer {self._issuer.token(by)}"}
        reply = await self._client.request(subject, body, timeout=30, headers=headers)
        answer = json.loads(reply.data)
        if not answer["ok"]:
            passes = "retry_after_s" in answer["error"]["details"]
            raise (Unavailable if passes else RuntimeError)(f"refused: {answer}")
        return int(answer["position"])

    async def _ask_patiently(
        self, service: str, name: str, fields: Mapping[str, object], by: SignIn
    ) -> int:
        """Retry: a ready service may not subscribe yet, not have read the sign-outs, or not know what the request names."""
        subject, body = command_subject(service, name), json.dumps(fields).encode()
        while True:
            try:
                return await self._ask(subject, body, by)
            except (NoRespondersError, Unavailable):
                await asyncio.sleep(0.05)


async def paced(work: Callable[[], Awaitable[object]], number: int, pause: float) -> list[float]:
    """Return the seconds of each call, one at a time with a pause before each: latency on an idle machine."""
    taken = []
    for _ in range(number):
        await asyncio.sleep(pause)
        taken.append(await timed(work))
    return taken


F = TypeVar("F", bound=Flow)


@asynccontextmanager
async def flow(machine: Machine, engine: str, kind: type[F]) -> AsyncIterator[F]:
    """Start the flow's services on new databases, and prepare it."""
    folder = machine.new_folder()
    databases = {name: machine.database(engine) for name in kind.services}
    client = await nats.connect(machine.nats_url)
    await clear_streams(client)
    try:
        with echo(machine.nats_url), services(machine.nats_url, databases, folder):
            async with watch(databases["reporting"], kind.producer) as seen:
                prepared = kind(client, seen, folder)
                await prepared.prepare()
                yield prepared
    finally:
        await client.close()


@contextmanager
def echo(nats_url: str) -> Iterator[None]:
    """Run a process that answers `ECHO`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.echo", nats_url, ECHO],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it listens
        yield
    finally:
        process.terminate()
        process.wait()


async def clear_streams(client: Client) -> None:
    """Recreate all streams, empty."""
    jetstream = client.jetstream()
    for name in [info.config.name for info in await jetstream.streams_info()]:
        await jetstream.delete_stream(str(name))
    await topology.apply(client)
