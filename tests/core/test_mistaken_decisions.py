"""A decision that fails half way leaves nothing behind, and spoils nobody else's in the same batch."""

from typing import Any

import pytest
from siko_contracts.answers import Answer, Refusal
from siko_core.eventsourced.aggregates import LARGEST_EVENT

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import AmendNote, Misdo, Note, Notes, Tally, WithdrawNote, WriteNote

MISTAKES = [
    "raise before the save",
    "refuse after the save",
    "raise after the save",
    "not save",
    "save what cannot be stored",
    "save what is too large",
    "write over another",
]


def code(outcome: Any) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.error.code


def written(desk, *ids):
    return [desk.send(Notes.write, WriteNote(id=each), now=NOW) for each in ids]


@pytest.mark.parametrize("how", MISTAKES)
def test_a_decision_that_fails_half_way_leaves_nothing_behind(desk, how):
    written(desk, "a", "taken")
    before = stored(desk)
    (outcome,) = commit(desk, job(desk, Notes.misdo, Misdo(note_id="a", how=how)))
    assert not isinstance(outcome, Answer)
    assert stored(desk) == before
    assert desk.send(Notes.amend, AmendNote(note_id="a")).version == 2
    assert desk.send(Notes.amend, AmendNote(note_id="taken")).version == 2


@pytest.mark.parametrize("how", MISTAKES)
def test_a_decision_that_fails_half_way_spoils_nobody_elses_in_its_batch(desk, how):
    written(desk, "a", "b", "taken")
    before, failed, same, other = commit(
        desk,
        job(desk, Notes.amend, AmendNote(note_id="a")),
        job(desk, Notes.misdo, Misdo(note_id="a", how=how)),
        job(desk, Notes.amend, AmendNote(note_id="a")),
        job(desk, Notes.amend, AmendNote(note_id="b")),
    )
    assert not isinstance(failed, Answer)
    assert [outcome.version for outcome in (before, same, other)] == [2, 3, 2]
    assert topics(desk) == ["toy_note.written"] * 3 + ["toy_note.amended"] * 3


def test_an_event_that_is_too_large_to_travel_is_refused_with_the_limit(desk):
    """Stored it could never be published, and all that follows it would wait behind it."""
    written(desk, "a")
    (outcome,) = commit(desk, job(desk, Notes.misdo, Misdo(note_id="a", how=MISTAKES[-2])))
    assert code(outcome) == "InvalidCommand"
    assert str(LARGEST_EVENT) in outcome.error.details["limit"]
    assert len(outcome.model_dump_json()) < 1000


def test_an_unsaved_change_is_an_error(desk):
    written(desk, "a")
    (outcome,) = commit(desk, job(desk, Notes.misdo, Misdo(note_id="a", how="not save")))
    assert isinstance(outcome, RuntimeError)
    assert "a was changed and not saved" in str(outcome)


def test_an_id_that_another_kind_of_thing_has_is_refused_and_spoils_nobody(desk):
    """A client chooses ids, and ids are unique over all kinds."""

    class OtherNotes(Notes):
        def write_other(self, command: Any) -> Any:
            if self.find(Tally, command.id):
                raise AssertionError
            return self.save(Tally(id=command.id))

    written(desk, "a")
    taken, other = commit(
        desk,
        job(desk, OtherNotes.write_other, WriteNote(id="a")),
        job(desk, Notes.write, WriteNote(id="b")),
    )
    assert code(taken) == "AlreadyDone"
    assert isinstance(other, Answer)


def test_ids_are_found_in_the_order_of_creation_with_those_just_staged(desk):
    written(desk, "c", "a")
    found: list[list[str]] = []

    class Looking(Notes):
        def look(self, command: Any) -> Any:
            found.append([*self.ids_of(Note)])
            return self.save(self.get(Note, "a"))

    commit(
        desk,
        job(desk, Notes.write, WriteNote(id="b")),
        job(desk, Looking.look, WithdrawNote(note_id="a")),
    )
    assert found == [["c", "a", "b"]]


def test_ids_of_what_was_refused_or_failed_are_not_found(desk):
    written(desk, "a", "taken")
    commit(desk, *(job(desk, Notes.misdo, Misdo(note_id="a", how=how)) for how in MISTAKES))
    assert [*desk.application.ids_of(Note)] == ["a", "taken"]


def test_more_ids_than_a_page_are_found(desk, open_desk, monkeypatch):
    monkeypatch.setattr("siko_core.eventsourced.application.PAGE", 2)
    written(desk, *"abcde")
    again = open_desk()
    again.send(Notes.amend, AmendNote(note_id="a"), now=NOW)
    assert [*again.application.ids_of(Note)] == [*"abcde"]
