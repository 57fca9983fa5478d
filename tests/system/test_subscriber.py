"""A stranger subscribes: the documented examples, with nothing installed but what their first lines name."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js.api import StreamConfig, StreamSource
from siko_contracts.events import TYPES
from siko_contracts.examples import example
from siko_contracts.messages import EPOCH, POSITION, PREVIOUS
from siko_core.broker import topology

from .conftest import BIN, register, serving
from .subscribers import ARRIVAL_SECONDS, Subscriber

STREAM = "SIKO_SCHEDULER"
REMOVED = 2


def test_a_stranger_follows_the_scheduler_stops_and_resumes(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    kept = tmp_path / "events"
    with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
        register(broker, tmp_path, "pp-koeln", "pp-bonn")
        with stranger.following(broker, STREAM, kept):
            stranger.wait_for(kept, "authority_registered.v1", "pp-bonn")
        register(broker, tmp_path, "pp-aachen")
        with stranger.following(broker, STREAM, kept):
            stranger.wait_for(kept, "authority_registered.v1", "pp-aachen")
            register(broker, tmp_path, "pp-essen")
            stranger.wait_for(kept, "authority_registered.v1", "pp-essen")
    arrived = [id_ for type_, id_ in stranger.facts(kept) if type_ == "authority_registered.v1"]
    assert arrived == ["pp-koeln", "pp-bonn", "pp-aachen", "pp-essen"]
    events = asyncio.run(last_sequence(broker))
    taken = stranger.taken(kept)
    assert len(taken) == len({each.event_id for each in taken}) == events


def test_a_stranger_detects_that_a_message_was_removed(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
        register(broker, tmp_path, "pp-hagen", "pp-hamm", "pp-hamburg")
    asyncio.run(copy_without(broker, "COPY", REMOVED))
    kept = tmp_path / "events"
    done = subprocess.run(
        [*stranger.command, broker, "COPY", kept],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "is missing" in done.stderr
    assert len(stranger.taken(kept)) == REMOVED - 1


def test_a_stranger_takes_back_what_the_producer_has_lost_and_goes_on(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    kept = tmp_path / "events"
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), told(3, 2, "c"), lost(4, 3)))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "history_lost.v1", "history:scheduler")
    assert [fact for _, fact in stranger.facts(kept)] == ["a", "history:scheduler"]


@pytest.mark.parametrize("epochs", [("", ""), ("E1", "E2")], ids=["without-epochs", "with-epochs"])
def test_a_stranger_who_stands_at_what_was_lost_finds_on_over_it_on_a_stream_filled_anew(
    stranger: Subscriber, broker: str, tmp_path: Path, epochs: tuple[str, str]
) -> None:
    kept, (first, second) = tmp_path / "events", epochs
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), told(3, 2, "c"), epoch=first))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "c")
    asyncio.run(publish(broker, told(1, 0, "a"), epoch=first, anew=True))
    asyncio.run(publish(broker, lost(4, 1), told(5, 4, "d"), epoch=second))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "d")
    assert [fact for _, fact in stranger.facts(kept)] == ["a", "history:scheduler", "d"]


def test_a_stranger_takes_nothing_of_a_store_that_was_begun_anew_for_what_it_followed(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    """Its positions are the same ones, and lead on from where the subscriber stands."""
    kept = tmp_path / "events"
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), epoch="E1"))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "b")
    asyncio.run(
        publish(broker, told(1, 0, "x"), told(2, 1, "y"), told(3, 2, "z"), epoch="E2", anew=True)
    )
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "z")
    assert [fact for _, fact in stranger.facts(kept)] == ["x", "y", "z"]


def test_a_stranger_has_again_what_counts_again_when_a_later_copy_is_restored_after_an_earlier_one(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    kept = tmp_path / "events"
    followed = [told(1, 0, "a"), told(2, 1, "b"), told(3, 2, "c")]
    asyncio.run(publish(broker, *followed, epoch="E1"))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "c")
        asyncio.run(publish(broker, lost(40, 3), told(41, 40, "void"), epoch="E2"))
        stranger.wait_for(kept, "body_removed.v1", "void")
    assert [fact for _, fact in stranger.facts(kept)] == ["a", "history:scheduler", "void"]
    asyncio.run(publish(broker, told(1, 0, "a"), told(2, 1, "b"), epoch="E1", anew=True))
    asyncio.run(publish(broker, lost(50, 2), told(51, 50, "d"), epoch="E3"))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "d")
    assert [fact for _, fact in stranger.facts(kept)] == ["a", "b", "history:scheduler", "d"]


def test_a_stranger_from_before_there_were_epochs_goes_on(
    stranger: Subscriber, broker: str, tmp_path: Path
) -> None:
    kept = tmp_path / "events"
    asyncio.run(publish(broker, told(1, 0, "a")))
    with stranger.following(broker, STREAM, kept):
        stranger.wait_for(kept, "body_removed.v1", "a")
        asyncio.run(publish(broker, told(2, 1, "b"), told(3, 2, "c"), epoch="E1"))
        stranger.wait_for(kept, "body_removed.v1", "c")
        asyncio.run(publish(broker, lost(4, 3), told(5, 4, "d"), epoch="E2"))
        stranger.wait_for(kept, "body_removed.v1", "d")
    assert [fact for _, fact in stranger.facts(kept)] == ["a", "history:scheduler", "d"]


Made = tuple[int, int, dict[str, Any]]


def told(position: int, previous: int, aggregate_id: str, type_: str = "body_removed.v1") -> Made:
    """An event as it goes out, with its position and the one before it."""
    document = example(TYPES[type_]) | {"aggregate_id": aggregate_id}
    return position, previous, {"type": type_, **document}


def lost(position: int, previous: int) -> Made:
    """All positions before its own, from 2 on or, where the message before it is the second, from 3 on."""
    _, _, document = told(position, previous, "history:scheduler", "history_lost.v1")
    return position, previous, document | {"from": 3 if previous == 2 else 2, "to": position - 1}


async def publish(broker: str, *made: Made, epoch: str = "", anew: bool = False) -> None:
    """`anew`: onto the stream as it was made at first."""
    client = await nats.connect(broker)
    jetstream = client.jetstream()
    if anew:
        await jetstream.delete_stream(STREAM)
        await topology.apply(client)
    for position, previous, document in made:
        type_ = document.pop("type")
        headers = {"ce-type": type_, POSITION: str(position), PREVIOUS: str(previous)}
        headers |= {EPOCH: epoch} if epoch else {}
        body = json.dumps(document).encode()
        await jetstream.publish(f"siko.event.scheduler.{type_}.nrw", body, headers=headers)
    await client.close()


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
