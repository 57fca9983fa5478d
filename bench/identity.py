"""What it costs a command's answer that roles are judged."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import nats
from siko import issuer
from siko.issuer import Issuer
from siko.sign_ins import IMPORT, SignIn
from siko_contracts.messages import AUTHORIZATION, command_subject
from siko_core import topology

from bench.broker import broker
from bench.machine import Machine
from bench.processes import services
from bench.replica import in_flight
from bench.rounds import ROUNDS
from bench.rows import Row, median
from bench.scheduler import REGISTER, SCHEDULE

SECONDS = 0.5
ENGINE = "sqlite"
SECRETARIAT = SignIn.parse(f"secretariat@{SCHEDULE['authority_id']}")


class Asked:
    """A scheduler that is asked in a role, or in none."""

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
    """Milliseconds that the answer takes longer with identity on than with it off: p50, one in flight, in turns."""
    return [asyncio.run(_identity(machine))]


async def _identity(machine: Machine) -> Row:
    taken: dict[str, list[float]] = {"on": [], "off": []}
    async with _scheduler(machine, None) as off, _scheduler(machine, machine.new_folder()) as on:
        for asked in (on, off):  # warm
            await in_flight(1, asked.command, SECONDS)
        for _ in range(ROUNDS):
            for name, asked in (("on", on), ("off", off)):
                taken[name].append(median(await in_flight(1, asked.command, SECONDS)))
    return Row("identity", ENGINE, 1000 * (median(taken["on"]) - median(taken["off"])), None, "ms")


@asynccontextmanager
async def _scheduler(machine: Machine, keys: Path | None) -> AsyncIterator[Asked]:
    """On a broker of its own; `keys`: folder of its signing key, None: roles are not judged."""
    settings: dict[str, str] = {}
    if keys:
        issuer.make(keys)
        settings = {
            "SIKO_AUTH": "on",
            "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(keys)),
            "SIKO_ACCESS_LOG_URL": f"sqlite:///{keys}/access.db",
        }
    with broker() as url:
        client = await nats.connect(url)
        await topology.apply(client)
        databases = {"scheduler": machine.database(ENGINE)}
        with services(url, databases, machine.new_folder(), settings):
            asked = Asked(client, Issuer(keys) if keys else None)
            await asked.register()
            yield asked
        await client.close()
