"""Positions are never reused: a database restored to an earlier moment is noticed, and the log goes on behind it."""

import pytest
from siko_contracts.messages import stream
from siko_core.databases import Database
from siko_core.positions import COMMITS
from siko_core.recovery.compare import HistoriesDiffer
from siko_core.recovery.recovery import CannotRecover

from tests.core.batches import NOW
from tests.core.recovery.restored import Copy, amend, ensure_chain, ids, withdraw, write

LOST = [
    (3, "a@2", "toy_note.amended"),
    (4, "a@3", "toy_note.amended"),
    (5, "a@4", "conference_cancelled.v1"),
    (6, "c@1", "toy_note.written"),
    (7, "c@2", "conference_cancelled.v1"),
]


async def test_a_database_restored_to_an_earlier_moment_is_not_started_on(restored):
    with pytest.raises(HistoriesDiffer) as refused:
        await restored.starts()
    assert "the stream SIKO_SCHEDULER ends at position 7, the store at 2" in str(refused.value)
    assert "`siko recover scheduler`" in str(refused.value)


async def test_the_comparison_shows_what_is_lost_and_changes_nothing(restored):
    findings = await restored.compares()
    assert (findings.first, findings.last, findings.moving) == (3, 7, [])
    assert [(e["position"], e["event_id"], e["fact"]) for e in findings.lost] == LOST
    assert await restored.compares() == findings
    assert restored.stored() == [(1, "a@1"), (2, "b@1")]


async def test_the_log_goes_on_behind_what_is_lost(restored):
    assert await restored.recovers() == {"position": 8, "event_id": "history:scheduler@1"}
    (answer,) = restored.does(amend("a"))
    assert (answer.version, answer.position) == (2, 9)
    told = await restored.publishes()
    assert ids(told)[2:7] == [(position, event_id) for position, event_id, _ in LOST]
    assert ids(told)[7:] == [(8, "history:scheduler@1"), (9, "a@2")]
    assert (told[7]["type"], told[7]["from"], told[7]["to"]) == ("history_lost.v1", 3, 7)
    ensure_chain(told)


async def test_what_is_recorded_says_who_and_is_not_older_than_what_was_lost(restored):
    restored.now = NOW
    await restored.recovers()
    told = (await restored.publishes())[-1]
    assert (told["authority_id"], told["actor"]) == (
        "nrw",
        {"function": "operator", "body_id": "nrw"},
    )
    assert told["recorded_at"] == told["effective_at"] == "2025-01-02T08:00:00Z"


async def test_what_is_no_event_of_the_service_on_its_stream_is_no_loss(restored):
    await restored.client.jetstream().publish("siko.event.scheduler.x.v1.nrw", b'{"type": "x"}')
    findings = await restored.compares()
    assert (findings.first, findings.last) == (3, 7)
    assert await restored.recovers() == {"position": 8, "event_id": "history:scheduler@1"}


async def test_a_second_recovery_finds_nothing_to_do(restored):
    await restored.recovers()
    assert await restored.recovers() is None  # the stream has not heard of the first one yet
    await restored.publishes()
    assert await restored.recovers() is None
    assert [position for position, _ in restored.stored()] == [1, 2, 8]


async def test_ids_are_not_given_again_by_a_store_opened_anew(restored):
    await restored.recovers()
    restored.close()
    assert [answer.position for answer in restored.does(write("d"), write("e"))] == [9, 10]


async def test_a_store_restored_from_before_its_recovery_is_recovered_again(restored):
    restored.close()
    earlier = Copy(restored.url)
    await restored.recovers()
    restored.does(write("d"))
    await restored.publishes()
    restored.close()
    earlier.put_back()
    assert await restored.recovers() == {"position": 10, "event_id": "history:scheduler@1"}
    restored.does(write("e"))
    told = await restored.publishes()
    assert (told[-2]["from"], told[-2]["to"]) == (3, 9)
    ensure_chain(told)


async def test_a_store_restored_from_after_its_recovery_loses_only_what_came_later(restored):
    await restored.recovers()
    restored.does(write("d"))
    await restored.publishes()
    restored.close()
    copy = Copy(restored.url)
    restored.does(write("e"), write("f"))
    await restored.publishes()
    restored.close()
    copy.put_back()
    assert await restored.recovers() == {"position": 12, "event_id": "history:scheduler@2"}
    told = (await restored.publishes())[-1]
    assert (told["from"], told["to"], told["aggregate_version"]) == (10, 11, 2)


async def test_a_stream_that_is_empty_or_behind_or_not_there_hinders_nobody(service):
    await service.starts()
    service.does(write("a"), write("b"))
    await service.starts()
    await service.publishes()
    service.does(write("c"))
    await service.starts()
    assert await service.recovers() is None


async def test_without_a_stream_a_service_starts_and_there_is_nothing_to_recover(service):
    jetstream = service.client.jetstream()
    await jetstream.delete_stream(stream("scheduler"))
    service.does(write("a"))
    await service.starts()
    assert await service.recovers() is None


async def test_a_store_that_changes_meanwhile_is_not_touched(restored):
    recovery = restored._recovery()
    findings = await recovery.compare(restored.client)
    restored.does(write("d"))
    with pytest.raises(CannotRecover, match="stop the service first"):
        recovery.go_on(findings)
    assert [position for position, _ in restored.stored()] == [1, 2, 3]


async def test_a_writer_never_commits_on_a_store_that_was_restored_beneath_it(service):
    """What it remembers of the notes is of a time that the store has not seen."""
    service.does(write("a"), write("b"), amend("a"))
    before = service.stored()
    table = service.open().application.recorder.events_table_name
    database = Database(service.url, ())
    order = "rowid" if database.mark == "?" else "notification_id"
    with database.transaction() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {order} = 3")
        moved = f"UPDATE {table}_positions SET position = 2 WHERE producer = {database.mark}"
        cursor.execute(moved, (COMMITS,))
    database.close()
    for command in (amend("a"), write("c"), withdraw("a")):
        with pytest.raises(HistoriesDiffer, match="gone back to an earlier commit"):
            service.does(command)
    assert service.stored() == before[:2]
