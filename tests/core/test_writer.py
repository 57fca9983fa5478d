"""The writer: what waits together is one transaction, and each answer stands for what has been committed."""

import asyncio
import gc
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from siko_contracts.answers import Answer, Refusal
from siko_core.writer.writer import Writer

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import (
    AmendNote,
    Notes,
    ReferToNote,
    WithdrawNote,
    WriteNote,
)

FIRST_ID = "0192f0c4-0000-7000-8000-000000000001"


def code(outcome: Any) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.error.code


def written(desk, *ids):
    return [desk.send(Notes.write, WriteNote(id=each), now=NOW) for each in ids]


class Counted:
    """Counts the transactions of a recorder."""

    def __init__(self, recorder: Any) -> None:
        self.batches: list[int] = []
        insert = recorder.insert_events

        def insert_events(events: Sequence[Any], **rest: Any) -> Any:
            ids = insert(events, **rest)
            self.batches.append(len(events))
            return ids

        recorder.insert_events = insert_events


def test_what_waits_together_is_one_transaction(desk):
    counted = Counted(desk.application.recorder)
    answers = commit(desk, *(job(desk, Notes.write, WriteNote(id=each)) for each in "abc"))
    assert [answer.id for answer in answers] == ["a", "b", "c"]
    assert counted.batches == [3]
    assert [answer.position for answer in answers] == [3, 3, 3]


def test_a_decision_sees_what_the_ones_before_it_in_its_batch_have_staged(desk):
    _, amended, withdrawn = commit(
        desk,
        job(desk, Notes.write, WriteNote(id="a")),
        job(desk, Notes.amend, AmendNote(note_id="a")),
        job(desk, Notes.withdraw, WithdrawNote(note_id="a")),
    )
    assert (amended.version, withdrawn.version) == (2, 3)
    assert stored(desk) == [
        ("a", 1, "toy_note.written"),
        ("a", 2, "toy_note.amended"),
        ("a", 3, "toy_note.withdrawn"),
    ]


def test_an_answer_names_id_version_and_a_position_that_holds_the_events(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    answer = desk.send(Notes.amend, AmendNote(note_id="a"))
    assert answer == Answer(id="a", version=2, position=2)
    assert desk.application.recorder.max_notification_id() == 2


def test_a_decision_that_changes_nothing_is_answered_with_the_state_as_it_is(desk):
    written(desk, "a")
    desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    again = desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert again == Answer(id="a", version=2, position=2)


def test_a_decision_that_changes_nothing_tells_the_position_of_what_it_is_about(desk):
    """Not the store's last one: whoever repeats such a command would count what others do."""
    written(desk, "a")
    desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    written(desk, "b")
    again = job(desk, Notes.withdraw, WithdrawNote(note_id="a"), FIRST_ID)
    others = job(desk, Notes.write, WriteNote(id="c"))
    answer, other = commit(desk, again, others)
    assert (answer.position, other.position) == (2, 4)
    repeated = desk.send(Notes.withdraw, WithdrawNote(note_id="a"), command_id=FIRST_ID)
    assert repeated == answer


def test_a_repeated_command_in_one_batch_gets_the_first_answer(desk):
    command = WriteNote(id="a")
    first, second, third = commit(
        desk, *(job(desk, Notes.write, command, FIRST_ID) for _ in range(3))
    )
    assert first == second == third == Answer(id="a", version=1, position=1)
    assert topics(desk) == ["toy_note.written"]


def test_a_repeated_command_gets_the_first_answer_whatever_has_happened_since(desk):
    first = desk.send(Notes.write, WriteNote(id="a"), now=NOW, command_id=FIRST_ID)
    desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert desk.send(Notes.write, WriteNote(id="a"), command_id=FIRST_ID) == first


def test_a_repeated_command_gets_the_first_answer_after_a_restart(desk, open_desk):
    written(desk, "a")
    first = desk.send(Notes.withdraw, WithdrawNote(note_id="a"), command_id=FIRST_ID)
    again = open_desk().send(Notes.withdraw, WithdrawNote(note_id="a"), command_id=FIRST_ID)
    assert again == first


def test_a_repeat_keeps_findings_and_position_of_the_first_answer(desk):
    written(desk, "a")
    for _ in range(2):
        desk.send(Notes.amend, AmendNote(note_id="a"))
    command = AmendNote(note_id="a", override_reason="ja")
    first = desk.send(Notes.amend, command, command_id=FIRST_ID)
    assert [finding.code for finding in first.findings] == ["AmendedOften"]
    desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert desk.send(Notes.amend, command, command_id=FIRST_ID) == first


def test_a_refusal_is_judged_anew(desk):
    amend = AmendNote(note_id="a")
    assert code(desk.send(Notes.amend, amend, now=NOW, command_id=FIRST_ID)) == "NotFound"
    written(desk, "a")
    assert desk.send(Notes.amend, amend, command_id=FIRST_ID).version == 2


def test_a_repeat_of_a_refused_command_in_the_same_batch_is_judged_by_itself(desk):
    outcomes = commit(
        desk,
        job(desk, Notes.amend, AmendNote(note_id="a"), FIRST_ID),
        job(desk, Notes.write, WriteNote(id="a")),
        job(desk, Notes.amend, AmendNote(note_id="a"), FIRST_ID),
    )
    assert all(isinstance(outcome, Answer) for outcome in outcomes[1:])
    assert topics(desk) == ["toy_note.written", "toy_note.amended"]


def test_findings_need_a_reason_and_are_listed(desk):
    written(desk, "a")
    for _ in range(2):
        desk.send(Notes.amend, AmendNote(note_id="a"))
    refusal = desk.send(Notes.amend, AmendNote(note_id="a"))
    assert code(refusal) == "ReasonRequired"
    assert refusal.error.details == {"findings": [{"code": "AmendedOften", "rule": "T1"}]}


@pytest.mark.parametrize(("expected", "is_refused"), [(0, True), (1, False), (2, True)])
def test_an_expected_version_is_that_of_the_aggregate_before_the_command(
    desk, expected, is_refused
):
    written(desk, "a")
    outcome = desk.send(Notes.withdraw, WithdrawNote(note_id="a", expected_version=expected))
    if is_refused:
        assert code(outcome) == "VersionConflict"
        assert outcome.error.details == {"expected": expected, "actual": 1}
        assert topics(desk) == ["toy_note.written"]
    else:
        assert outcome.version == 2


def test_a_new_aggregate_is_expected_at_version_zero(desk):
    assert code(desk.send(Notes.write, WriteNote(id="a", expected_version=1), now=NOW)) == (
        "VersionConflict"
    )
    assert desk.send(Notes.write, WriteNote(id="a", expected_version=0)).version == 1


def test_what_happened_before_the_history_of_what_the_command_names_is_refused(desk):
    written(desk, "a")
    early = {"note_id": "a", "effective_at": "2024-12-31T09:00:00+01:00"}
    refusal = desk.send(Notes.withdraw, WithdrawNote(**early))
    assert code(refusal) == "BeforeHistory"
    assert refusal.error.details == {"not_before": "2025-01-01T08:00:00+00:00"}
    assert topics(desk) == ["toy_note.written"]


def test_what_happened_at_the_moment_of_the_last_event_is_accepted(desk):
    written(desk, "a")
    assert desk.send(Notes.withdraw, WithdrawNote(note_id="a", effective_at=NOW)).version == 2


def test_history_can_be_entered_afterwards_in_its_order(desk):
    past = {"effective_at": "2024-05-01T09:00:00+02:00"}
    desk.send(Notes.write, WriteNote(id="a", **past), now=NOW)
    later = desk.send(
        Notes.withdraw, WithdrawNote(note_id="a", effective_at="2024-05-02T09:00:00+02:00")
    )
    assert later.version == 2
    withdrawn = desk.contracts[-1]
    assert withdrawn.effective_at.isoformat() == "2024-05-02T07:00:00+00:00"
    assert withdrawn.recorded_at.isoformat() == "2025-01-01T08:00:00+00:00"


def test_a_command_that_changes_nothing_is_not_measured_by_history(desk):
    written(desk, "a")
    desk.send(Notes.withdraw, WithdrawNote(note_id="a"))
    early = WithdrawNote(note_id="a", effective_at="2024-12-31T09:00:00+01:00")
    assert desk.send(Notes.withdraw, early).version == 2


def test_the_future_is_refused(desk):
    refusal = desk.send(
        Notes.write, WriteNote(id="a", effective_at="2025-01-01T09:00:01+01:00"), now=NOW
    )
    assert code(refusal) == "InTheFuture"
    assert refusal.error.details["field"] == "effective_at"
    assert stored(desk) == []


async def test_jobs_that_come_while_a_commit_runs_share_the_next(desk):
    writer = Writer(desk.application)
    counted = Counted(desk.application.recorder)
    running = asyncio.create_task(writer.run())
    jobs = [job(desk, Notes.write, WriteNote(id=f"n{number}")) for number in range(40)]
    answers = await asyncio.wait_for(asyncio.gather(*map(writer.perform, jobs)), 10)
    running.cancel()
    assert [answer.id for answer in answers] == [f"n{number}" for number in range(40)]
    assert sum(counted.batches) == 40
    assert len(counted.batches) < 5
    writer.close()


async def test_a_writer_that_has_ended_leaves_no_thread_that_holds_its_application(desk):
    before = {thread.name for thread in threading.enumerate()}
    writer = Writer(desk.application)
    running = asyncio.create_task(writer.run())
    await asyncio.wait_for(writer.perform(job(desk, Notes.write, WriteNote(id="a"))), 10)
    running.cancel()
    await asyncio.wait([running])
    writer.close()
    after = {thread.name for thread in threading.enumerate()}
    assert {name for name in after - before if not name.startswith("pool-")} == set()


def test_a_decided_command_leaves_nothing_for_the_garbage_collector(desk):
    written(desk, "first")
    gc.collect()
    gc.disable()
    try:
        written(desk, *"abcdefgh")
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_a_store_that_fails_costs_the_waiting_jobs_and_never_the_loop(desk, monkeypatch):
    writer = Writer(desk.application)
    running = asyncio.create_task(writer.run())

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(desk.application.recorder, "insert_events", away)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(writer.perform(job(desk, Notes.write, WriteNote(id="a"))), 10)
    answer = await asyncio.wait_for(writer.perform(job(desk, Notes.write, WriteNote(id="a"))), 10)
    assert answer == Answer(id="a", version=1, position=1)
    running.cancel()
    writer.close()


def test_a_reference_to_what_is_withdrawn_is_refused(desk):
    written(desk, "a", "b")
    desk.send(Notes.withdraw, WithdrawNote(note_id="b"))
    assert code(desk.send(Notes.refer, ReferToNote(note_id="a", to_note_id="b"))) == "NoteWithdrawn"
