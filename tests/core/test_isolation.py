"""A row that the store does not take costs its own command, and nobody else's."""

from typing import Any

import pytest
from siko_contracts.answers import Answer, Refusal
from siko_core.faults import is_permanent
from siko_core.metadata import Metadata, deciding
from siko_core.positions import Step
from siko_core.refusals import Unavailable
from siko_core.writer.job import Job

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import AmendNote, Note, Notes, NoteWithdrawn, WithdrawNote, WriteNote, moment
from tests.wounds import constrained, narrowed

LONG = "x" * 60
SHORT = "length($originator_id) < 50"


def code(outcome: Any) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.error.code


@pytest.fixture
def keys_url(desk):
    return desk.settings.keys_url.get_secret_value()


@pytest.fixture
def events(desk):
    """The table of the events."""
    return desk.application.recorder.events_table_name


def notes(desk, *ids):
    """Jobs that write them."""
    return [job(desk, Notes.write, WriteNote(id=each)) for each in ids]


@pytest.mark.parametrize("number", [1, 2, 41])
def test_an_event_that_the_store_does_not_take_costs_its_own_command_only(
    desk, database_url, events, number
):
    ids = [f"n{each}" for each in range(number)]
    ids[number // 2] = LONG
    with constrained(database_url, events, SHORT):
        outcomes = commit(desk, *notes(desk, *ids))
        after = desk.send(Notes.write, WriteNote(id="after"), now=NOW)
    refused = outcomes.pop(number // 2)
    assert code(refused) == "NotStorable"
    assert LONG not in refused.model_dump_json()
    assert [outcome.id for outcome in outcomes] == [each for each in ids if each != LONG]
    assert isinstance(after, Answer)
    assert sorted(stored(desk)) == sorted(
        (each, 1, "toy_note.written") for each in {*ids, "after"} - {LONG}
    )
    assert isinstance(desk.send(Notes.write, WriteNote(id=LONG)), Answer)


def test_what_rests_on_what_was_not_stored_is_refused_by_its_own_rule(desk, database_url, events):
    with constrained(database_url, events, SHORT):
        written, amended, other = commit(
            desk,
            job(desk, Notes.write, WriteNote(id=LONG)),
            job(desk, Notes.amend, AmendNote(note_id=LONG)),
            job(desk, Notes.write, WriteNote(id="b")),
        )
    assert (code(written), code(amended), other.id) == ("NotStorable", "NotFound", "b")


def test_a_key_that_the_key_store_does_not_take_costs_its_own_command_only(desk, keys_url):
    commit(desk, *notes(desk, "a", LONG, "b"))
    with narrowed(keys_url, "sealing_keys", "owner", 50):
        outcomes = commit(
            desk,
            *(job(desk, Notes.amend, AmendNote(note_id=i, text="…")) for i in ("a", LONG, "b")),
        )
        assert code(outcomes[1]) == "NotStorable"
        assert [outcomes[0].version, outcomes[2].version] == [2, 2]
        assert desk.send(Notes.amend, AmendNote(note_id="a", text="…")).version == 3
    assert desk.send(Notes.amend, AmendNote(note_id=LONG, text="…")).version == 2


def test_a_key_of_a_decision_that_was_refused_is_never_stored(desk, keys_url):
    """It would be flushed with whatever is committed next."""

    class Sealing(Notes):
        def seal_and_refuse(self, command: Any) -> Any:
            self.seal(LONG, "text", "…")
            raise NoteWithdrawn

    commit(desk, *notes(desk, "a"))
    with narrowed(keys_url, "sealing_keys", "owner", 50):
        refused, amended = commit(
            desk,
            job(desk, Sealing.seal_and_refuse, WithdrawNote(note_id="a")),
            job(desk, Notes.amend, AmendNote(note_id="a", text="…")),
        )
        assert (code(refused), amended.version) == ("NoteWithdrawn", 2)
        assert desk.send(Notes.amend, AmendNote(note_id="a", text="…")).version == 3


def test_a_refused_row_is_told_in_the_log_by_its_command_and_counted(
    desk, database_url, events, capsys
):
    bad = job(desk, Notes.write, WriteNote(id=LONG))
    with constrained(database_url, events, SHORT):
        commit(desk, bad, *notes(desk, "a"))
    said = capsys.readouterr().out
    assert said.count("not_storable") == 1
    assert bad.claim.command_id in said
    assert LONG not in said
    assert desk.writer.committer.refused_rows == 1


def test_where_the_store_takes_nothing_no_single_command_is_to_blame(desk, database_url, events):
    with constrained(database_url, f"{events}_positions", "$position < 0"):
        with pytest.raises(Unavailable):
            commit(desk, *notes(desk, "a", "b"))
        with pytest.raises(Unavailable):
            desk.writer.committer.ensure_writable()
    desk.writer.committer.ensure_writable()
    assert desk.writer.committer.refused_rows == 0
    assert len(commit(desk, *notes(desk, "a", "b"))) == 2
    assert topics(desk) == ["toy_note.written"] * 2


def test_that_the_store_can_be_written_is_shown_by_a_commit_that_leaves_no_event(desk):
    commits = desk.writer.committer._confirmed
    desk.writer.committer.ensure_writable()
    assert desk.writer.committer._confirmed == max(commits, 0) + 1
    assert stored(desk) == []
    assert desk.send(Notes.write, WriteNote(id="a"), now=NOW).position == 1


def test_a_followed_batch_with_such_an_event_is_left_to_its_follower_to_divide(
    desk, database_url, events
):
    """The position does not move; commands of the same transaction are committed."""
    desk.application.recorder.place("agenda")

    def react(_: Job) -> Any:
        now = moment(NOW)
        with deciding(Metadata(effective_at=now, recorded_at=now)):
            return desk.application.save(Note(id=LONG, authority_id="pp-koeln", place="Köln"))

    with constrained(database_url, events, SHORT):
        followed = Job(react, step=Step("agenda", 0, 7, 7), raises=True)
        outcome, other = commit(desk, followed, *notes(desk, "a"))
    assert isinstance(outcome, Exception)
    assert is_permanent(outcome)
    assert other.id == "a"
    assert desk.application.recorder.place("agenda").position == 0
