"""A stranger subscribes: the documented example, with nothing installed but the contracts and nats-py."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.js.api import StreamConfig, StreamSource
from siko_contracts.events import TYPES
from siko_contracts.examples import example
from siko_contracts.messages import POSITION, PREVIOUS
from siko_core.broker import topology

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
        register(broker, tmp_path, "pp-koeln", "pp-bonn")
        with following(stranger, broker, STREAM, database):
            wait_for(database, ("authority_registered.v1", "pp-bonn"))
        register(broker, tmp_path, "pp-aachen")
        with following(stranger, broker, STREAM, database):
            wait_for(database, ("authority_registered.v1", "pp-aachen"))
            register(broker, tmp_path, "pp-essen")
            wait_for(database, ("authority_registered.v1", "pp-essen"))
    arrived = [id_ for type_, id_ in taken(database) if type_ == "authority_registered.v1"]
    assert arrived == ["pp-koeln", "pp-bonn", "pp-aachen", "pp-essen"]
    events = asyncio.run(last_sequence(broker))
    assert len(taken(database)) == len(set(event_ids(database))) == events


def test_a_stranger_detects_that_a_message_was_removed(
    stranger: Environment, broker: str, tmp_path: Path
) -> None:
    with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
        register(broker, tmp_path, "pp-hagen", "pp-hamm", "pp-hamburg")
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


def test_a_stranger_takes_back_what_the_producer_has_lost_and_goes_on(
    stranger: Environment, broker: str, tmp_path: Path
) -> None:
    database = tmp_path / "events.db"
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), told(3, 2, "c"), lost(4, 3)))
    with following(stranger, broker, STREAM, database):
        wait_for(database, ("history_lost.v1", "history:scheduler"))
    assert [aggregate_id for _, aggregate_id in taken(database)] == ["a", "history:scheduler"]


def test_a_stranger_who_stands_at_what_was_lost_finds_on_over_it_on_a_stream_filled_anew(
    stranger: Environment, broker: str, tmp_path: Path
) -> None:
    database = tmp_path / "events.db"
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), told(3, 2, "c")))
    with following(stranger, broker, STREAM, database):
        wait_for(database, ("body_removed.v1", "c"))
    asyncio.run(publish(broker, told(1, 0, "a"), lost(4, 1), told(5, 4, "d"), anew=True))
    with following(stranger, broker, STREAM, database):
        wait_for(database, ("body_removed.v1", "d"))
    assert [aggregate_id for _, aggregate_id in taken(database)] == ["a", "history:scheduler", "d"]


Made = tuple[int, int, dict[str, Any]]


def told(position: int, previous: int, aggregate_id: str, type_: str = "body_removed.v1") -> Made:
    """An event as it goes out, with its position and the one before it."""
    document = example(TYPES[type_]) | {"aggregate_id": aggregate_id}
    return position, previous, {"type": type_, **document}


def lost(position: int, previous: int) -> Made:
    """Positions 2 and 3."""
    _, _, document = told(position, previous, "history:scheduler", "history_lost.v1")
    return position, previous, document | {"from": 2, "to": 3}


async def publish(broker: str, *made: Made, anew: bool = False) -> None:
    """`anew`: onto the stream as it was made at first."""
    client = await nats.connect(broker)
    jetstream = client.jetstream()
    if anew:
        await jetstream.delete_stream(STREAM)
        await topology.apply(client)
    for position, previous, document in made:
        type_ = document.pop("type")
        headers = {"ce-type": type_, POSITION: str(position), PREVIOUS: str(previous)}
        body = json.dumps(document).encode()
        await jetstream.publish(f"siko.event.scheduler.{type_}.nrw", body, headers=headers)
    await client.close()


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


def register(broker: str, folder: Path, *authority_ids: str) -> None:
    for authority_id in authority_ids:
        answer = ask(
            broker,
            folder,
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
