"""What authorization costs: latency of a command with identity on, and off."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import nats
from siko.issuer import Issuer
from siko.roles import IMPORT, SignIn
from siko_contracts.messages import AUTHORIZATION, command_subject
from siko_core.broker import topology

from bench.broker import broker
from bench.machine import Machine
from bench.processes import services
from bench.replica import in_flight
from bench.rounds import ROUNDS
from bench.rows import Row, median
from bench.scheduler import REGISTER, SCHEDULE, SECRETARIAT

SECONDS = 0.5
ENGINE = "sqlite"


class Asked:
    """A scheduler, and a client that sends commands in a role or in none."""

    def __init__(self, client: nats.NATS, signs: Issuer | None) -> None:
        self._client = client
        self._signs = signs

    async def register(self) -> None:
        for command, fields in REGISTER:
            await self._ask(command.NAME, fields, IMPORT)

    async def command(self) -> None:
        await self._ask("schedule_conference", SCHEDULE, SECRETARIAT)

    async def _ask(self, name: str, fields: Mapping[str, object], who: SignIn) -> None:
        headers = {AUTHORIZATION: f"Bearer {self._signs.token(who)}"} if self._signs else None
        subject, body = command_subject("scheduler", name), json.dumps(fields).encode()
        reply = await self._client.request(subject, body, timeout=30, headers=headers)
        if not json.loads(reply.data)["ok"]:
            raise RuntimeError(reply.data.decode())


def identity(machine: Machine) -> list[Row]:
    """Milliseconds by which an answer is slower with identity on than off: p50, one in flight, alternating."""
    return [asyncio.run(_identity(machine))]


async def _identity(machine: Machine) -> Row:
    taken: dict[str, list[float]] = {"on": [], "off": []}
    async with _scheduler(machine, judged=False) as off, _scheduler(machine, judged=True) as on:
        for asked in (on, off):  # warm
            await in_flight(1, asked.command, SECONDS)
        for _ in range(ROUNDS):
            for name, asked in (("on", on), ("off", off)):
                taken[name].append(median(await in_flight(1, asked.command, SECONDS)))
    return Row("identity", ENGINE, 1000 * (median(taken["on"]) - median(taken["off"])), None, "ms")


@asynccontextmanager
async def _scheduler(machine: Machine, *, judged: bool) -> AsyncIterator[Asked]:
    """Run a scheduler on a broker of its own."""
    folder = machine.new_folder()
    settings = {} if judged else {"SIKO_AUTH": "off"}
    with broker() as url:
        client = await nats.connect(url)
        await topology.apply(client)
        databases = {"scheduler": machine.database(ENGINE)}
        with services(url, databases, folder, settings):
            asked = Asked(client, Issuer(folder) if judged else None)
            await asked.register()
            yield asked
        await client.close()
