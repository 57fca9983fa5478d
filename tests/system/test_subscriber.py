"""A stranger subscribes: the documented example, with nothing installed but the contracts and nats-py."""

import asyncio
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from nats.js.api import StreamConfig, StreamSource

from .conftest import BIN, ROOT, Environment, ask, serving

EXAMPLE = ROOT / "docs" / "examples" / "subscriber.py"
STREAM = "SIKO_SCHEDULER"
ARRIVAL_SECONDS = 30
REMOVED = 2


@pytest.fixture(scope="module")
def stranger(environment: Callable[..., Environment]) -> Environment:
    made = environment(None, "siko-contracts", "nats-py")
    assert made.importable("siko_core", "siko_scheduler", "nats") == ["nats"]
    return made


def test_a_stranger_follows_the_scheduler_stops_and_resumes(
    stranger: Environment, broker: str, tmp_path: Path
) -> None:
    database = tmp_path / "events.db"
    with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
        register(broker, "pp-koeln", "pp-bonn")
        with following(stranger, broker, STREAM, database):
            wait_for(database, ("authority_registered.v1", "pp-bonn"))
        register(broker, "pp-aachen")
        with following(stranger, broker, STREAM, database):
            wait_for(database, ("authority_registered.v1", "pp-aachen"))
            register(broker, "pp-essen")
            wait_for(database, ("authority_registered.v1", "pp-essen"))
    arrived = [id_ for type_, id_ in taken(database) if type_ == "authority_registered.v1"]
    assert arrived == ["pp-koeln", "pp-bonn", "pp-aachen", "pp-essen"]
    events = asyncio.run(last_sequence(broker))
    assert len(taken(database)) == len(set(event_ids(database))) == events


def test_a_stranger_detects_that_a_message_was_removed(
    stranger: Environment, broker: str, tmp_path: Path
) -> None:
    with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
        register(broker, "pp-hagen", "pp-hamm", "pp-hamburg")
    asyncio.run(copy_without(broker, "COPY", REMOVED))
    done = subprocess.run(
        [stranger.path("python"), EXAMPLE, broker, "COPY", tmp_path / "events.db"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "is missing" in done.stderr
    assert len(taken(tmp_path / "events.db")) == REMOVED - 1


@contextmanager
def following(stranger: Environment, broker: str, stream: str, database: Path) -> Iterator[None]:
    """The example as a process, killed at the end."""
    process = subprocess.Popen([stranger.path("python"), EXAMPLE, broker, stream, database])
    try:
        yield
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def register(broker: str, *authority_ids: str) -> None:
    for authority_id in authority_ids:
        answer = ask(
            broker,
            "siko.command.scheduler.register_authority",
            {
                "authority_id": authority_id,
                "name": authority_id,
                "kind": "polizeipraesidium",
                "district": "koeln",
                "valid_from": "2020-01-01",
            },
            {
                "Siko-Command-Id": str(uuid4()),
                "Siko-Actor": "secretariat@lzpd",
                "Siko-Now": "2025-01-01T09:00:00+01:00",
            },
        )
        assert answer["ok"], answer


def wait_for(database: Path, event: tuple[str, str]) -> None:
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while event not in taken(database):
        assert time.monotonic() < deadline, f"{event} has not arrived"
        time.sleep(0.05)


def taken(database: Path) -> list[tuple[str, str]]:
    return rows(database, "SELECT type, aggregate_id FROM events ORDER BY position")


def event_ids(database: Path) -> list[tuple[str]]:
    return rows(database, "SELECT event_id FROM events")


def rows(database: Path, query: str) -> list:
    try:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # not there yet
        return []


async def last_sequence(broker: str) -> int:
    client = await nats.connect(broker)
    info = await client.jetstream().stream_info(STREAM)
    await client.close()
    return info.state.last_seq


async def copy_without(broker: str, name: str, sequence: int) -> None:
    """A mirror lets messages be deleted, which the stream itself refuses."""
    client = await nats.connect(broker)
    jetstream = client.jetstream()
    last = (await jetstream.stream_info(STREAM)).state.last_seq
    await jetstream.add_stream(StreamConfig(name=name, mirror=StreamSource(name=STREAM)))
    async with asyncio.timeout(ARRIVAL_SECONDS):
        while (await jetstream.stream_info(name)).state.last_seq < last:
            await asyncio.sleep(0.05)
    await jetstream.delete_msg(name, sequence)
    await client.close()
