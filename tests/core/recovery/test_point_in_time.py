"""PostgreSQL's own point-in-time recovery beneath a service: noticed while it runs and at its start, then recovered."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.recovery.archived import ArchivedPostgres
from tests.core.recovery.processes import Process
from tests.core.recovery.restored import Bus, ensure_chain


@pytest.fixture
def postgres() -> Iterator[ArchivedPostgres]:
    with tempfile.TemporaryDirectory(prefix="siko-pitr-") as folder:
        server = ArchivedPostgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def notes(nats_server, client, postgres, tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, nats_server.url, postgres.url)
    yield process
    process.stop()


async def test_a_point_in_time_recovery_is_noticed_and_the_log_goes_on_behind_it(
    notes, postgres, client
):
    bus = Bus(client)
    notes.start()
    await bus.send("write_note", id="a")
    postgres.back_up()
    await bus.send("write_note", id="b")
    postgres.name_this_moment("good")
    for note_id in ("c", "d"):
        await bus.send("write_note", id=note_id)
    before = await bus.told(at_least=4)
    postgres.restore_to("good")  # beneath the service, which runs

    code, line = notes.ended()
    assert (code, "`siko recover scheduler`" in line) == (3, True)
    code, line = notes.launch().ended()
    assert code == 3
    assert "the stream SIKO_SCHEDULER ends at position 4, the store at 2" in line

    done = notes.recover()
    assert done["lost"] == {"from": 3, "to": 4}
    assert [event["event_id"] for event in done["events"]] == ["c@1", "d@1"]
    assert notes.recover()["lost"] is None

    notes.start()
    answer = await bus.send("write_note", id="e")
    told = await bus.told(at_least=answer["position"])
    assert told[:4] == before
    assert [message["event_id"] for message in told[4:]] == ["history:scheduler@1", "e@1"]
    assert told[4]["position"] == done["recorded"]["position"] > 4
    ensure_chain(told)
    assert [event["event_id"] for event in await bus.log()] == [
        "a@1", "b@1", "history:scheduler@1", "e@1",
    ]  # fmt: skip
