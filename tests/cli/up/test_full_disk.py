"""A broker whose disk was full stores again when there is space, without a hand."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.errors import Error as NatsError
from siko import broker_users
from siko.broker import ailment
from siko_contracts.messages import signout_subject

from tests.chaos import disk


@pytest.mark.skipif(disk.hindrance() is not None, reason=str(disk.hindrance()))
def test_a_broker_whose_disk_was_full_stores_again(tmp_path: Path, running: Any) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "nats").mkdir()
    small = disk.SmallDisk(data / "nats", 8)
    try:
        with running(data) as system:
            first = system.pids()["nats-server"]
            assert asyncio.run(stores(system)) is True
            assert asyncio.run(ails(system, data)) is None
            with small.full():
                assert asyncio.run(stores(system)) is False

            system.until(lambda: asyncio.run(stores(system)), 40)

            assert "only a new process can go on" in system.said()
            assert "write error" in system.said()
            assert system.pids()["nats-server"] != first
    finally:
        small.close()


async def ails(system: Any, data: Path) -> str | None:
    login = broker_users.credentials_file(data / broker_users.FOLDER, "health")
    return await ailment(system.run()["nats_url"], login, data / "nats")


async def stores(system: Any) -> bool:
    """A little onto the stream of sign-outs, as a service does."""
    credentials = broker_users.credentials_file(system.folder / broker_users.FOLDER, "scheduler")
    try:
        client = await nats.connect(
            system.run()["nats_url"], allow_reconnect=False, **broker_users.options(credentials)
        )
    except (OSError, NatsError):
        return False
    try:
        jetstream = client.jetstream(timeout=2)
        for _ in range(50):
            await jetstream.publish(signout_subject(uuid4().hex), bytes(900))
    except (NatsError, TimeoutError):
        return False
    finally:
        await client.close()
    return True
