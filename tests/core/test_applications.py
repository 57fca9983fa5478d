"""What an application offers to a decision: finding, staging, sealing, and when things happened."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siko_contracts.events import HistoryLost
from siko_core.eventsourced.aggregates import JsonMapper
from siko_core.eventsourced.application import Saved
from siko_core.metadata import Metadata, deciding
from siko_core.refusals import NotFound, SealBroken
from siko_core.testing import PRODUCER, at, new
from siko_core.testing import given as aggregate_of
from siko_core.write_service import WriteService

from tests.core.batches import NOW, commit, job, stored
from tests.core.toy import (
    CONTRACTS,
    AmendNote,
    Follows,
    Note,
    Notes,
    Tally,
    WithdrawNote,
    WriteNote,
    count,
    moment,
)


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


def states(desk: Any) -> list[dict[str, Any]]:
    return [json.loads(n.state) for n in desk.application.recorder.select_notifications(1, 100)]


class Sometimes(Notes):
    def withdraw_at_midnight(self, command: WithdrawNote) -> Any:
        note = self.get(Note, command.note_id)
        with self.happening(moment("2025-01-01T00:00:00+01:00")):
            note.withdraw()
        return self.save(note)


def test_every_time_is_stored_in_utc(desk):
    """contracts §4, also where a decision says when its result happened."""
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    commit(desk, job(desk, Sometimes.withdraw_at_midnight, WithdrawNote(note_id="a")))
    _, withdrawn = states(desk)
    assert withdrawn["metadata"]["effective_at"] == "2024-12-31T23:00:00Z"
    assert withdrawn["metadata"]["recorded_at"] == "2025-01-01T08:00:00Z"


def test_what_happened_earlier_leaves_the_aggregate_at_its_latest_moment(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    commit(desk, job(desk, Sometimes.withdraw_at_midnight, WithdrawNote(note_id="a")))
    note = desk.application.find(Note, "a")
    assert note is not None
    assert note.effective_at == moment(NOW)


def test_what_is_of_another_kind_is_not_found(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    assert desk.application.find(Tally, "a") is None
    with pytest.raises(NotFound, match="tally_id: there is no 'a'") as refused:
        desk.application.get(Tally, "a", "tally_id")
    assert refused.value.details == {"field": "tally_id", "id": "a"}


def test_nothing_sealed_stays_nothing(desk):
    assert desk.application.seal("a", "text", None) is None


def test_an_aggregate_made_from_its_events_is_the_one_that_made_them():
    with at(NOW):
        note = Note(id="a", authority_id="pp-koeln", place="Köln")
        note.withdraw()
    again = aggregate_of(*new(note))
    assert (again.id, again.version, again.is_withdrawn) == ("a", 2, True)
    assert again.authority_id == "pp-koeln"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.text())
def test_whatever_an_id_or_a_text_holds_comes_back_from_the_store(id_, place):
    mapper = JsonMapper(None)  # type: ignore[arg-type]  # it needs no transcoder
    with at(NOW):
        (written,) = new(Note(id=id_, authority_id="pp-koeln", place=place))
    kept = mapper.to_stored_event(written)
    assert mapper.to_domain_event(kept) == written
    state = json.loads(kept.state)
    assert state["place"] == place
    assert "originator_id" not in state


def test_an_event_of_the_default_actor_is_of_the_secretariat_of_its_authority():
    now = moment(NOW)
    with deciding(Metadata(effective_at=now, recorded_at=now)):
        (written,) = new(Note(id="a", authority_id="pp-bonn", place="Bonn"))
        (begun,) = new(Tally(id="t"))
    assert (written.metadata.actor.function, written.metadata.actor.body_id) == (
        "secretariat",
        "pp-bonn",
    )
    assert begun.metadata.actor.body_id == "nrw"


def test_a_table_that_gives_a_command_to_the_function_of_another_is_refused():
    with pytest.raises(TypeError, match=r"Notes\.amend takes AmendNote, not WithdrawNote"):
        WriteService(Notes, CONTRACTS, commands={WithdrawNote: Notes.amend})


def test_a_text_that_was_sealed_under_another_path_than_its_field_is_found_by_the_desk(open_desk):
    def amend(notes: Notes, command: AmendNote) -> Saved:
        note = notes.get(Note, command.note_id)
        note.amend(notes.seal(note.id, "note", command.text))
        return notes.save(note)

    desk = open_desk(Notes)
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    desk.send(Notes.amend, AmendNote(note_id="a", text="geheim"))
    with pytest.raises(SealBroken, match="text"):
        desk.send(amend, AmendNote(note_id="a", text="geheim"))


def test_a_service_that_follows_others_and_has_no_policy_is_refused():
    """It would take all that they do for nothing, and move on."""
    with pytest.raises(TypeError, match="scheduler follows others and has no policy"):
        WriteService(Notes, CONTRACTS, commands={}, follows=("agenda",))


def test_a_desk_hears_of_others_as_a_service_does(open_desk):
    """By the code of the service: what a producer has lost is noted, its policy reacts, and the position moves on."""
    desk = open_desk(Follows, count)
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    (heard,) = desk.contracts
    common = heard.model_dump(exclude={"event"})
    desk.follow(heard, HistoryLost(**common, from_=7, to=9))
    recorder = desk.application.recorder
    assert [topic for *_, topic in stored(desk)] == [
        "toy_note.written",
        "toy_tally.begun",
        "toy_tally.counted",
        "history.withdrawn",
        "toy_tally.counted",
    ]
    assert recorder.place(PRODUCER).position == 2


def test_a_save_stages_in_the_order_given_and_answers_for_the_first(desk):
    class Several(Notes):
        def write_two(self, command: WriteNote) -> Any:
            first, second = (
                Note(id=each, authority_id="pp-koeln", place="Köln") for each in ("one", "two")
            )
            second.withdraw()
            return self.save(second, first)

    (answer,) = commit(desk, job(desk, Several.write_two, WriteNote()))
    assert (answer.id, answer.version) == ("two", 2)
    assert [(each, version) for each, version, _ in stored(desk)] == [
        ("two", 1),
        ("two", 2),
        ("one", 1),
    ]
