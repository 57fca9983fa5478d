"""The relay: every stored event is on the stream once, in order, and the stream can be refilled."""

import asyncio
from functools import partial
from typing import Any

import nats
import pytest
from nats.js.errors import NotFoundError
from siko_core.broker import topology
from siko_core.loops import cancel
from siko_core.relay.publisher import TOGETHER_FROM, OutOfFence, Publisher
from siko_core.relay.relay import Relay

from tests.core.batches import NOW, commit, job
from tests.core.messages import SCHEDULER, count, messages, positions
from tests.core.toy import CONTRACTS, AmendNote, Misdo, Notes, WithdrawNote, WriteNote
from tests.core.waiting import until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("siko_core.relay.relay.POLL_SECONDS", 0.2)


@pytest.fixture
async def relaying(client):
    """Starts relays; each has a connection of its own, as in processes of their own."""
    started: list[Any] = []

    async def start(desk: Any, url: str) -> Relay:
        connection = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        relay = Relay(desk.application, CONTRACTS, connection, desk.writer.committed)
        started.append((asyncio.create_task(relay.run()), connection))
        return relay

    yield start
    for task, connection in started:
        await cancel([task])
        await connection.close()


def write(desk: Any, *ids: str) -> None:
    for each in ids:
        desk.send(Notes.write, WriteNote(id=each), now=NOW)


def contents(stored: list[Any]) -> list[tuple[Any, ...]]:
    """All that a subscriber could see of them."""
    return [(m.subject, m.seq, m.data, sorted((m.headers or {}).items())) for m in stored]


async def test_every_stored_event_is_on_the_stream_once_in_order_in_a_chain(
    desk, client, nats_server, relaying
):
    write(desk, *"abc")
    desk.send(Notes.withdraw, WithdrawNote(note_id="b"))
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 4))
    desk.send(Notes.amend, AmendNote(note_id="c", text="x"))
    await until(lambda: _has(client, 5))
    stored = await messages(client)
    assert positions(stored) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert [m.seq for m in stored] == [1, 2, 3, 4, 5]
    assert [m.subject for m in stored] == [
        "siko.event.scheduler.recorded.v1.pp-koeln",
        "siko.event.scheduler.recorded.v1.pp-koeln",
        "siko.event.scheduler.recorded.v1.pp-koeln",
        "siko.event.scheduler.conference_cancelled.v1.pp-koeln",
        "siko.event.scheduler.recorded.v1.pp-koeln",
    ]


async def test_holes_in_the_positions_are_no_holes_in_the_chain(
    desk, client, nats_server, relaying
):
    """On PostgreSQL a decision that is rolled back burns a position."""
    write(desk, "a", "taken")
    commit(desk, job(desk, Notes.misdo, Misdo(note_id="a", how="write over another")))
    write(desk, "b")
    own = [n.id for n in desk.application.recorder.select_notifications(1, 10)]
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 3))
    assert positions(await messages(client)) == list(zip([0, *own], own, strict=False))


async def test_more_than_a_window_arrives_whole(desk, client, nats_server, relaying, monkeypatch):
    monkeypatch.setattr("siko_core.relay.relay.WINDOW", 7)
    commit(desk, *(job(desk, Notes.write, WriteNote()) for _ in range(30)))
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 30))
    assert positions(await messages(client)) == [(n, n + 1) for n in range(30)]


async def test_many_events_go_to_the_stream_all_or_none(desk, client):
    """Behind another end of the stream nothing is stored, and nothing that holds what it has already."""
    await topology.apply(client)
    commit(desk, *(job(desk, Notes.write, WriteNote()) for _ in range(2 * TOGETHER_FROM)))
    relay = Relay(desk.application, CONTRACTS, client, asyncio.Event())
    every = relay._read(0)
    first, rest = every[:TOGETHER_FROM], every[TOGETHER_FROM:]
    publisher = Publisher(client)
    with pytest.raises(OutOfFence):
        await publisher.publish(1, first)
    assert await messages(client) == []
    await publisher.publish(0, first)
    with pytest.raises(OutOfFence):
        await publisher.publish(TOGETHER_FROM, [*first[-1:], *rest])
    assert len(await messages(client)) == TOGETHER_FROM
    await publisher.publish(TOGETHER_FROM, rest)
    assert positions(await messages(client)) == [(n, n + 1) for n in range(2 * TOGETHER_FROM)]


async def test_two_relays_that_race_store_each_event_once(open_desk, client, nats_server, relaying):
    here, there = open_desk(), open_desk()
    await relaying(here, nats_server.url)
    await relaying(there, nats_server.url)
    for _ in range(30):
        commit(here, *(job(here, Notes.write, WriteNote()) for _ in range(5)))
        here.writer.committed.set()
        there.writer.committed.set()
        await asyncio.sleep(0.001)
    await until(lambda: _has(client, 150))
    await asyncio.sleep(0.1)
    stored = await messages(client)
    own = [n.id for n in here.application.recorder.select_notifications(1, 1000)]
    assert [position for _, position in positions(stored)] == own


async def test_a_relay_that_is_behind_is_refused_by_the_fence(desk, client, nats_server, relaying):
    """Long after the server's memory for doubles; of its whole window nothing is stored."""
    write(desk, *"abc")
    relay = await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 3))
    await asyncio.sleep(2 * topology.DEDUPE_SECONDS)
    for sequence, position in ((0, 0), (1, 1), (2, 2), (7, 0)):
        with pytest.raises(OutOfFence):
            await Publisher(client).publish(sequence, relay._read(position))
    assert positions(await messages(client)) == [(0, 1), (1, 2), (2, 3)]


async def test_a_stream_made_anew_is_refilled_with_equal_bytes_at_equal_places(
    desk, client, nats_server, relaying
):
    write(desk, *"abc")
    desk.send(Notes.amend, AmendNote(note_id="a", text="x"))
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 4))
    before = contents(await messages(client))
    await client.jetstream().delete_stream(SCHEDULER)
    await topology.apply(client)
    await until(lambda: _has(client, 4))
    assert contents(await messages(client)) == before
    write(desk, "d")
    await until(lambda: _has(client, 5))


async def test_a_relay_that_starts_goes_on_behind_what_is_on_the_stream(
    open_desk, client, nats_server, relaying
):
    desk = open_desk()
    write(desk, *"ab")
    first = await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 2))
    again = open_desk()
    write(again, "c")
    second = await relaying(again, nats_server.url)
    await until(lambda: _has(client, 3))
    assert first.published + second.published == 3


async def test_what_is_no_event_of_the_service_at_the_end_of_its_stream_is_passed_over(
    open_desk, client, nats_server, relaying
):
    """As an answer of the broker that another service lets it put there; found at a start, and while it runs."""
    desk = open_desk()
    write(desk, "a")
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 1))
    for _ in range(2):
        await client.jetstream().publish("siko.event.scheduler.x.v1.nrw", b'{"type": "answer"}')
    write(desk, "b")
    desk.writer.committed.set()
    await until(lambda: _has(client, 4))
    await client.jetstream().publish("siko.event.scheduler.x.v1.nrw", b"")
    again = open_desk()
    write(again, "c")
    await relaying(again, nats_server.url)
    await until(lambda: _has(client, 6))
    own = [each for each in await messages(client) if each.headers]
    assert positions(own) == [(0, 1), (1, 2), (2, 3)]


async def test_what_others_commit_is_published_without_a_wake_up(
    open_desk, client, nats_server, relaying
):
    """The poll is the guarantee: at SQLite nothing tells of another process's commit."""
    here, there = open_desk(), open_desk()
    await relaying(here, nats_server.url)
    write(there, "a")
    await until(lambda: _has(client, 1), 5)


async def test_what_is_decided_while_the_broker_is_away_goes_out_when_it_is_back(
    desk, client, nats_server, relaying
):
    write(desk, "a")
    await relaying(desk, nats_server.url)
    await until(lambda: _has(client, 1))
    nats_server.kill()
    write(desk, "b", "c")
    desk.writer.committed.set()
    await asyncio.sleep(0.3)
    nats_server.start()
    reader = await nats.connect(nats_server.url)
    await until(lambda: _has(reader, 3), 30)
    assert positions(await messages(reader)) == [(0, 1), (1, 2), (2, 3)]
    await reader.close()


async def test_without_a_stream_the_relay_waits_for_one(desk, nats_server, relaying, client):
    await client.jetstream().delete_stream(SCHEDULER)
    write(desk, "a")
    await relaying(desk, nats_server.url)
    await asyncio.sleep(0.3)
    await topology.apply(client)
    await until(lambda: _has(client, 1))


async def test_what_is_stored_when_the_relay_is_killed_between_publish_and_ack_is_not_doubled(
    open_desk, client, nats_server, relaying
):
    """The position lives in the stream, so there is no checkpoint that could be behind."""
    desk = open_desk()
    for round_ in range(5):
        connection = await nats.connect(nats_server.url)
        relay = Relay(desk.application, CONTRACTS, connection, desk.writer.committed)
        task = asyncio.create_task(relay.run())
        write(desk, *(f"{round_}-{number}" for number in range(5)))
        desk.writer.committed.set()
        await until(partial(_more, client, await count(client)))
        await cancel([task])
        await connection.close()
    await relaying(open_desk(), nats_server.url)
    await until(lambda: _has(client, 25))
    assert positions(await messages(client)) == [(n, n + 1) for n in range(25)]


async def _has(client: Any, number: int) -> bool:
    try:
        found = await count(client)
    except NotFoundError:
        return False
    assert found <= number
    return found == number


async def _more(client: Any, than: int) -> bool:
    return await count(client) > than


async def test_a_relay_told_to_stop_in_the_moment_of_a_commit_stops(
    desk, client, nats_server, relaying
):
    """Python 3.11's `wait_for` swallows a cancellation that comes together with the result."""
    connection = await nats.connect(nats_server.url)
    relay = Relay(desk.application, CONTRACTS, connection, desk.writer.committed)
    task = asyncio.create_task(relay.run())
    write(desk, "a")
    await until(lambda: _has(client, 1))
    await asyncio.sleep(0.05)
    desk.writer.committed.set()
    task.cancel()
    await asyncio.wait({task}, timeout=2)
    stopped = task.done()
    await connection.close()
    assert stopped
