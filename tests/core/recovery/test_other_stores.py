"""Another store under a stream, also one that was restored and went on: what it decided is told behind what is lost."""

import pytest
from siko_core.recovery.compare import HistoriesDiffer

from tests.core.recovery.restored import Service, amend, ensure_chain, ids, withdraw, write

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000002"


async def test_a_store_that_went_on_after_the_restore_keeps_what_it_decided(restored):
    """Out of its stream's sight it gave positions 3 to 9 away again: behind what is lost they are told."""
    sent = [withdraw("a"), *[amend("b")] * 5, write("d")]
    first, *_ = restored.does(*sent)
    again = restored.open().send(*write("e"), now=restored.now, command_id=COMMAND_ID)
    assert (first.position, again.position) == (3, 10)
    with pytest.raises(
        HistoriesDiffer, match=r"at position 7 the stream .* has c@2 .* the store has b@5"
    ):
        await restored.starts()
    findings = await restored.compares()
    assert (findings.first, findings.last) == (3, 7)
    assert [e["event_id"] for e in findings.lost] == ["a@2", "a@3", "a@4", "c@1", "c@2"]
    kept = ["a@2", "b@2", "b@3", "b@4", "b@5", "b@6", "d@1", "e@1"]
    assert [e["event_id"] for e in findings.moving] == kept
    assert await restored.recovers() == {"position": 11, "event_id": "history:scheduler@1"}
    assert restored.stored()[2:] == [
        (11, "history:scheduler@1"),
        *zip(range(12, 20), kept, strict=True),
    ]
    repeated = restored.open().send(*write("e"), now=restored.now, command_id=COMMAND_ID)
    assert repeated.position == 19
    assert restored.does(write("f"))[0].position == 20
    told = await restored.publishes()
    assert [message["event_id"] for message in told[8:]] == [*kept, "f@1"]
    ensure_chain(told)
    assert await restored.recovers() is None


async def test_a_store_that_went_on_a_little_is_found_out_where_the_two_part(restored):
    restored.does(withdraw("b"))
    findings = await restored.compares()
    assert (findings.first, findings.last) == (3, 7)
    assert [e["event_id"] for e in findings.moving] == ["b@2"]
    await restored.recovers()
    assert restored.stored() == [(1, "a@1"), (2, "b@1"), (8, "history:scheduler@1"), (9, "b@2")]


async def test_what_was_decided_the_same_again_is_not_lost(restored):
    restored.does(amend("a"))
    findings = await restored.compares()
    assert (findings.first, findings.last, findings.moving) == (4, 7, [])


async def test_another_store_has_lost_everything_that_the_stream_has(service, tmp_path, client):
    service.does(write("a"), write("b"))
    await service.publishes()
    other = Service(f"sqlite:///{tmp_path}/other.db", tmp_path, client)
    other.does(write("x"), write("y"), write("z"))
    with pytest.raises(
        HistoriesDiffer, match=r"has b@1 .* the store has y@1: the database is another"
    ):
        await other.starts()
    findings = await other.compares()
    assert (findings.first, findings.last) == (1, 2)
    await other.recovers()
    told = await other.publishes()
    assert ids(told) == [
        (1, "a@1"), (2, "b@1"), (4, "history:scheduler@1"), (5, "x@1"), (6, "y@1"), (7, "z@1"),
    ]  # fmt: skip
    ensure_chain(told)
    other.close()


async def test_an_empty_store_does_not_begin_anew_under_a_full_stream(service, tmp_path, client):
    service.does(write("a"), write("b"))
    await service.publishes()
    empty = Service(f"sqlite:///{tmp_path}/empty.db", tmp_path, client)
    with pytest.raises(HistoriesDiffer, match="ends at position 2, the store at 0"):
        await empty.starts()
    assert await empty.recovers() == {"position": 3, "event_id": "history:scheduler@1"}
    assert empty.does(write("a"))[0].position == 4
    empty.close()
