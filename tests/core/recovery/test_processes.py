"""Services as processes: one that was restored ends with 3, `siko-<service> recover` helps, others go on."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from tests.core.recovery.processes import FOLLOWS, NOTES, Process
from tests.core.recovery.restored import Bus, Copy, ensure_chain

Start = Callable[..., Process]


@pytest.fixture
def process(nats_server, client: Client, tmp_path: Path) -> Iterator[Start]:
    made: list[Process] = []

    def make(program=NOTES) -> Process:
        url = f"sqlite:///{tmp_path}/{len(made)}.db"
        made.append(Process(tmp_path, nats_server.url, url, program))
        return made[-1]

    yield make
    for each in made:
        each.stop()


async def test_a_restored_service_says_what_is_so_and_is_recovered_while_another_follows(
    process, client
):
    notes, follower = process().start(), process(FOLLOWS).start()
    scheduler, invitations = Bus(client), Bus(client, "invitations")
    await scheduler.send("write_note", id="a")
    notes.stop()
    copy = Copy(notes.url)
    notes.start()
    for note_id in ("b", "c"):
        await scheduler.send("write_note", id=note_id)
    await scheduler.told(at_least=3)
    refused = notes.recovery()
    assert (refused.returncode, "siko-scheduler is running" in refused.stderr) == (3, True)
    notes.stop()
    copy.put_back()

    code, line = notes.launch().ended()
    assert code == 3
    assert line.startswith(
        "siko-scheduler: the stream SIKO_SCHEDULER ends at position 3, the store"
    )
    assert "`siko recover scheduler`" in line

    plan = notes.recovery("--plan").stdout
    assert "lost are positions 2 to 3" in plan
    assert "  3  toy_note.written  c@1" in plan
    assert "nothing was changed" in plan
    assert "history_lost is recorded at position 4" in notes.recovery().stdout
    assert notes.recover()["lost"] is None

    notes.start()
    assert (await scheduler.send("write_note", id="d"))["position"] == 5
    told = await scheduler.told(at_least=5)
    assert [message["event_id"] for message in told] == [
        "a@1", "b@1", "c@1", "history:scheduler@1", "d@1",
    ]  # fmt: skip
    ensure_chain(told)
    assert [event["position"] for event in await scheduler.log()] == [1, 4, 5]

    def heard(log):
        return [e["event"]["heard"] for e in log if e["topic"] == "toy_tally.counted"]

    log = await invitations.until(lambda log: "d@1" in heard(log))
    assert heard(log) == [message["event_id"] for message in told]
    (withdrawn,) = [event for event in log if event["topic"] == "history.withdrawn"]
    assert withdrawn["event_id"] == "history:invitations@1"
    assert withdrawn["event"] == {"producer": "scheduler", "first": 2, "last": 3}
    assert '"event": "history_withdrawn"' in follower.heard.read_text()


async def test_a_service_that_was_restored_with_its_stream_goes_on_where_it_is_said_and_names_its_epochs(
    process, client
):
    notes, scheduler = process().start(), Bus(client)
    await scheduler.send("write_note", id="a")
    await scheduler.told(at_least=1)
    assert len(await scheduler.epochs()) == 1
    notes.stop()
    assert ": say --restored" in notes.recovery().stdout
    assert "nothing was changed" in notes.recovery("--restored", "--plan").stdout
    done = notes.recover("--restored")
    assert (done["lost"]["from"], done["events"]) == (2, [])
    recorded = done["recorded"]
    assert recorded["position"] == done["lost"]["to"] + 1
    notes.start()
    assert (await scheduler.send("write_note", id="b"))["position"] == recorded["position"] + 1
    ensure_chain(await scheduler.told(at_least=recorded["position"] + 1))
    first, second = await scheduler.epochs()
    assert second == {"epoch": recorded["epoch"], "lost_from": 2, "lost_to": done["lost"]["to"]}
    assert first["epoch"] != second["epoch"]


async def test_a_service_whose_store_loses_events_while_it_runs_ends_with_3(process, client):
    notes = process().start()
    bus = Bus(client)
    for note_id in ("a", "b"):
        await bus.send("write_note", id=note_id)
    await bus.told(at_least=2)
    with sqlite3.connect(notes.file) as connection:
        connection.execute("DELETE FROM stored_events WHERE rowid = 2")
    connection.close()
    code, line = notes.ended()
    assert code == 3
    assert "the store has lost position 2" in line


async def test_of_two_stores_under_one_stream_the_slower_ones_service_ends_with_3(process, client):
    """What it decides next would never be told."""
    both = [process().start(), process().start()]
    deadline = time.monotonic() + 20
    while all(each.runs() for each in both):
        assert time.monotonic() < deadline
        await client.publish("siko.command.scheduler.write_note", b"{}")  # to one of the two
        await asyncio.sleep(0.05)
    (slower,) = (each for each in both if not each.runs())
    code, line = slower.ended()
    assert code == 3
    assert "`siko recover scheduler`" in line


async def test_recover_knows_its_options_and_its_settings(process):
    notes = process()
    assert notes.recovery("--help").stdout.startswith("usage: siko-scheduler recover")
    assert notes.recovery("--plam").returncode == 2
    notes.settings["SIKO_NATS_URL"] = "nats://127.0.0.1:1"
    unreachable = notes.recovery()
    assert (unreachable.returncode, "no NATS server answers" in unreachable.stderr) == (3, True)
    notes.settings["SIKO_DATABASE"] = "x"
    assert notes.recovery().returncode == 2
