"""Two writers on one store: neither refuses nor accepts anything on a state that the other has changed."""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from siko_contracts.answers import Answer, Refusal
from siko_core.eventsourced.application import Saved
from siko_core.metadata import Metadata, deciding
from siko_core.positions import OutOfStep, Place, Step
from siko_core.testing import Desk
from siko_core.writer.job import Job

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import (
    AmendNote,
    Follows,
    Note,
    Notes,
    ReferToNote,
    Tally,
    WithdrawNote,
    WriteNote,
    moment,
)

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"


def two(open_desk, *ids: str) -> tuple[Desk, Desk]:
    """Two replicas that have both seen these notes."""
    here, there = open_desk(), open_desk()
    here.send(Notes.write, WriteNote(id="first"), now=NOW)
    for each in ids:
        here.send(Notes.write, WriteNote(id=each))
    for desk in (here, there):
        (seen,) = commit(desk, Job(partial(_look_at, desk, ids)))
        assert isinstance(seen, Saved)
    return here, there


def _look_at(desk: Desk, ids: Sequence[str], _: Job) -> Saved:
    return desk.application.save(*(desk.application.get(Note, each) for each in ("first", *ids)))


def code(outcome):
    assert isinstance(outcome, Refusal), outcome
    return outcome.error.code


def test_what_was_decided_on_an_empty_store_is_decided_again_when_it_is_no_longer_empty(open_desk):
    """Two replicas that start on a new store adopt the same ruleset: one does, the other finds it."""
    here, there = open_desk(), open_desk()

    def write(_: Job) -> Saved | None:
        if there.application.find(Note, "first"):
            return None
        if not stored(here):
            here.send(Notes.write, WriteNote(id="first"), now=NOW)
        with deciding(Metadata(effective_at=moment(NOW), recorded_at=moment(NOW))):
            return there.application.write(WriteNote(id="first"))

    (outcome,) = commit(there, Job(write))
    assert not isinstance(outcome, Exception)
    assert topics(here) == ["toy_note.written"]


def test_a_stale_cache_never_makes_a_version_twice(open_desk):
    here, there = two(open_desk, "a")
    assert here.send(Notes.amend, AmendNote(note_id="a")).version == 2
    assert there.send(Notes.amend, AmendNote(note_id="a")).version == 3
    assert here.send(Notes.withdraw, WithdrawNote(note_id="a")).version == 4


def test_a_stale_cache_never_accepts_what_the_aggregate_now_forbids(open_desk):
    here, there = two(open_desk, "a")
    here.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert code(there.send(Notes.amend, AmendNote(note_id="a"))) == "NoteWithdrawn"


def test_a_stale_cache_never_accepts_on_an_aggregate_that_the_decision_only_reads(open_desk):
    here, there = two(open_desk, "a", "b")
    here.send(Notes.withdraw, WithdrawNote(note_id="b"))
    refused = there.send(Notes.refer, ReferToNote(note_id="a", to_note_id="b"))
    assert code(refused) == "NoteWithdrawn"
    assert "toy_note.referred" not in topics(here)


def test_a_stale_cache_never_answers_that_nothing_is_to_be_done(open_desk):
    """`withdraw` changes nothing where the note is withdrawn; at the other replica it was not when it was read."""
    here, there = two(open_desk, "a")
    here.send(Notes.withdraw, WithdrawNote(note_id="a"))
    answer = there.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert answer.version == 2
    assert topics(here).count("toy_note.withdrawn") == 1


def test_a_stale_cache_never_refuses_what_has_become_possible(open_desk):
    """The version that the client expects is one that this replica has not seen."""
    here, there = two(open_desk, "a")
    here.send(Notes.amend, AmendNote(note_id="a"))
    assert there.send(Notes.withdraw, WithdrawNote(note_id="a", expected_version=2)).version == 3


def test_what_the_other_replica_made_is_found(open_desk):
    here, there = two(open_desk)
    assert code(there.send(Notes.amend, AmendNote(note_id="a"), now=NOW)) == "NotFound"
    here.send(Notes.write, WriteNote(id="a"))
    assert there.send(Notes.amend, AmendNote(note_id="a")).version == 2


def test_ids_that_another_replica_made_are_among_all_ids(open_desk):
    here, there = two(open_desk, "a")
    found: list[list[str]] = []

    class Looking(Notes):
        def look(self, command: Any) -> Any:
            found.append([*self.ids_of(Note)])
            return self.save(self.get(Note, "a"))

    for each in (None, "b"):
        if each:
            here.send(Notes.write, WriteNote(id=each))
        commit(there, job(there, Looking.look, WithdrawNote(note_id="a")))
    assert found[0] == ["first", "a"]
    assert found[-1] == ["first", "a", "b"]


def test_an_id_is_given_away_once(open_desk):
    here, there = two(open_desk)
    here.send(Notes.write, WriteNote(id="a"))
    assert code(there.send(Notes.write, WriteNote(id="a"), now=NOW)) == "AlreadyDone"


def test_a_command_repeated_at_another_replica_gets_the_first_answer(open_desk):
    here, there = two(open_desk, "a")
    first = here.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID)
    here.send(Notes.withdraw, WithdrawNote(note_id="a"))
    assert there.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID) == first
    assert topics(here).count("toy_note.amended") == 1


def test_repeats_that_wait_together_while_another_replica_was_faster_all_get_an_answer(open_desk):
    """The whole batch is decided again, and in it the same command twice."""
    here, there = two(open_desk, "a")
    here.send(Notes.amend, AmendNote(note_id="a"))
    outcomes = commit(
        there, *(job(there, Notes.amend, AmendNote(note_id="a"), COMMAND_ID) for _ in range(3))
    )
    assert {outcome.version for outcome in outcomes} == {3}
    assert topics(here).count("toy_note.amended") == 2


def test_a_batch_behind_a_faster_replica_is_decided_again_as_a_whole(open_desk):
    here, there = two(open_desk, "a", "b")
    here.send(Notes.withdraw, WithdrawNote(note_id="b"))
    outcomes = commit(
        there,
        job(there, Notes.amend, AmendNote(note_id="a")),
        job(there, Notes.amend, AmendNote(note_id="b")),
        job(there, Notes.refer, ReferToNote(note_id="a", to_note_id="first")),
        job(there, Notes.write, WriteNote(id="c")),
    )
    assert [getattr(outcome, "version", None) for outcome in outcomes] == [2, None, 3, 1]
    assert code(outcomes[1]) == "NoteWithdrawn"


def test_more_news_than_a_page_is_all_taken_into_account(open_desk, monkeypatch):
    monkeypatch.setattr("siko_core.writer.writer.BATCH", 3)
    here, there = two(open_desk, "a", "b")
    here.send(Notes.withdraw, WithdrawNote(note_id="b"))
    for _ in range(4):
        here.send(Notes.write, WriteNote())
    assert code(there.send(Notes.refer, ReferToNote(note_id="a", to_note_id="b"))) == (
        "NoteWithdrawn"
    )


def test_one_writer_alone_never_decides_twice(desk):
    for _ in range(3):
        commit(desk, *(job(desk, Notes.write, WriteNote()) for _ in range(5)))
    assert desk.writer.committer.decided_again == 0


def test_under_contention_every_accepted_command_is_stored_once(open_desk):
    here, there = two(open_desk, "a")
    answers: dict[str, list[Answer]] = {"here": [], "there": []}

    def amend(name: str, desk: Desk) -> None:
        for _ in range(25):
            command = AmendNote(note_id="a", override_reason="ja")
            answers[name] += commit(desk, job(desk, Notes.amend, command))

    threads = [
        threading.Thread(target=amend, args=(name, desk))
        for name, desk in (("here", here), ("there", there))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    versions = sorted(answer.version for answer in answers["here"] + answers["there"])
    assert versions == list(range(2, 52))
    assert topics(here).count("toy_note.amended") == 50


def test_two_replicas_of_a_follower_apply_each_batch_once(open_desk):
    here, there = open_desk(Follows), open_desk(Follows)
    place = here.application.recorder.place("scheduler")
    assert place == there.application.recorder.place("scheduler") == Place()
    step = Step("scheduler", 0, 4, 2)

    def heard(desk: Desk) -> Job:
        def react(_: Job) -> None:
            with deciding(Metadata(effective_at=moment(NOW), recorded_at=moment(NOW))):
                tally = desk.application.find(Tally, "tally") or Tally(id="tally")
                tally.count("x")
                desk.application.save(tally)

        return Job(react, step=step)

    (first,) = commit(here, heard(here))
    (second,) = commit(there, heard(there))
    assert first == step
    assert isinstance(second, OutOfStep)
    assert topics(here) == ["toy_tally.begun", "toy_tally.counted"]
    assert there.application.recorder.place("scheduler") == Place(4, 2)
    assert len(stored(there)) == 2
