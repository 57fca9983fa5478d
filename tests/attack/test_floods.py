"""Floods from a guest, who has neither a login nor a token: nobody else waits, and nothing grows."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from siko.client import Client
from siko.issuer import Issuer
from siko.roles import IMPORT

from tests.attack.calling import Caller, called_during, crowding
from tests.attack.flooding import KINDS
from tests.deployment import Deployment

FLOOD_SECONDS = {"junk tokens": 5.0, "sign-outs": 2.0, "junk subjects": 2.0}
P99_SECONDS = 0.5
RESTART_SECONDS = 10.0
MOST_GROWN_BYTES = 2_000_000
AUTHORITY = {
    "authority_id": "pp-koeln", "name": "Polizeipräsidium Köln", "kind": "polizeipraesidium",
    "district": "br-koeln", "valid_from": "2007-01-01",
}  # fmt: skip


CONNECTIONS = 3
"""One is read by the broker more slowly than by a service: it takes several to fill what waits for a service."""


async def flooded(system: Deployment, kind: str) -> int:
    return sum(await asyncio.gather(*(flooded_by_one(system, kind) for _ in range(CONNECTIONS))))


async def flooded_by_one(system: Deployment, kind: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.attack.flooding",
        system.nats_url,
        str(FLOOD_SECONDS[kind]),
        kind,
        Issuer(system.folder).public["kid"],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return int(said)


def bytes_on_disk(system: Deployment) -> int:
    """Streams, logs, and databases, the access logs among them."""
    files = [file for file in Path(system.folder).rglob("*") if file.is_file()]
    stored = sum(file.stat().st_size for file in files)
    for url in system.database_urls.values():
        if url.startswith("postgresql:"):
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            stored += int(row[0]) if row else 0
    return stored


@pytest.fixture
def system(start: Any) -> Deployment:
    made: Deployment = start()
    return made


def test_a_flood_of_a_guest_hinders_nobody_and_leaves_nothing_behind(system: Deployment) -> None:
    command_id = str(uuid4())

    async def call(client: Client) -> Any:
        """A repeat is looked up and answered as it was the first time, and stores nothing."""
        importing = client.acting(IMPORT)
        return await importing.command(
            "scheduler", "register_authority", AUTHORITY, command_id=command_id
        )

    async def attack() -> None:
        for kind in KINDS:
            before, caller, crowded = bytes_on_disk(system), Caller(system, call), crowding()
            sent = await called_during(lambda kind=kind: flooded(system, kind), caller)
            grown = bytes_on_disk(system) - before
            assert sent > 1000 * FLOOD_SECONDS[kind], kind
            assert caller.refused == [], kind
            assert caller.p99() < P99_SECONDS * crowded, (kind, sorted(caller.seconds)[-5:])
            assert grown < MOST_GROWN_BYTES, kind

    asyncio.run(called_during(lambda: asyncio.sleep(1), Caller(system, call)))
    asyncio.run(attack())
    assert not any(system.failing(name) for name in system.ports)
    system.stop("scheduler")
    limit, began = RESTART_SECONDS * crowding(), time.monotonic()
    system.start("scheduler")
    system.wait_until_ready("scheduler")
    asyncio.run(called_during(lambda: asyncio.sleep(0.1), after := Caller(system, call)))
    assert after.refused == []
    assert time.monotonic() - began < limit
