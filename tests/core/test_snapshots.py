"""Snapshots: a long aggregate is as its events make it, and is loaded without most of them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from hypothesis import given
from hypothesis import strategies as some
from siko_contracts.values import Finding
from siko_core.eventsourced import snapshots
from siko_core.metadata import Metadata, deciding
from siko_core.positions import Place
from siko_core.testing import ACTOR, sealed

from tests.core.batches import commit, job
from tests.core.toy import AmendNote, Note, Notes, WriteNote, moment

NOW = "2025-01-01T09:00:00+01:00"
LONG = snapshots.EVERY + 20

scalars = (
    some.none() | some.booleans() | some.integers() | some.text() | some.floats(allow_nan=False)
)
moments = some.datetimes(timezones=some.just(UTC)) | some.dates()
values = (
    some.just(sealed())
    | some.just(Finding(code="Saturday", rule="calendar"))
    | some.just(Place(3, 4))
)
hashables = scalars | moments | some.tuples(scalars, moments)
states = some.recursive(
    hashables | values,
    lambda inner: (
        some.lists(inner)
        | some.tuples(inner, inner)
        | some.dictionaries(hashables, inner)
        | some.sets(hashables)
        | some.frozensets(hashables)
    ),
    max_leaves=20,
)


def note(**state: Any) -> Note:
    with deciding(Metadata(effective_at=moment(NOW), recorded_at=moment(NOW), actor=ACTOR)):
        made = Note(id="a", authority_id="pp-koeln", place="Köln")
    made.collect_events()
    vars(made).update(state)
    return made


@given(states)
def test_every_state_comes_back_as_it_was(state):
    before = note(held=state)
    after = snapshots.opened(snapshots.taken(before, "form"))
    assert vars(after) == vars(before)
    assert _types(after.held) == _types(state)


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return dict, [(_types(k), _types(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [_types(each) for each in value]
    return type(value)


def test_what_no_snapshot_can_hold_is_refused_and_never_stored_as_something_else():
    with pytest.raises(TypeError):
        snapshots.taken(note(held=object()), "form")


def test_a_snapshot_names_no_class_that_is_not_loaded():
    """What stands in a database is no reason to import anything."""
    told = snapshots.Snapshot("a", 1, "form", '["antigravity:Note", {"dict": []}]')
    with pytest.raises(KeyError):
        snapshots.opened(told)


@pytest.fixture
def long(open_desk):
    """Two desks on one store, in which a note was amended very often; the second has seen nothing yet."""
    desk = open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    commit(desk, *(amend(desk) for _ in range(LONG - 1)))
    return desk, open_desk()


def amend(desk):
    return job(desk, Notes.amend, AmendNote(note_id="a", override_reason="often"))


def loaded(desk):
    desk.application.cache.evict({"a"})
    found = desk.application.get(Note, "a")
    desk.application.end_decision()
    return found


def kept(desk):
    form = snapshots.form_of(desk.application._package)
    return desk.application.recorder.snapshot("a", form)


def decoded(desk, monkeypatch):
    """The events that a load turns into objects."""
    events: list[int] = []
    decode = desk.application.mapper.to_domain_event

    def count(stored):
        events.append(stored.originator_version)
        return decode(stored)

    monkeypatch.setattr(desk.application.mapper, "to_domain_event", count)
    return events


def test_an_aggregate_loaded_from_its_snapshot_is_the_one_its_events_make(long, monkeypatch):
    desk, other = long
    folded = loaded(desk)
    assert kept(desk).originator_version == LONG
    events = decoded(other, monkeypatch)
    assert vars(loaded(other)) == vars(folded)
    assert events == []


def test_later_events_are_folded_on_top_of_the_snapshot(long, monkeypatch):
    desk, other = long
    loaded(desk)
    commit(desk, amend(desk), amend(desk))
    events = decoded(other, monkeypatch)
    found = loaded(other)
    assert events == [LONG + 1, LONG + 2]
    assert (found.version, found.amendments) == (LONG + 2, LONG + 1)
    (answer,) = commit(other, amend(other))
    assert answer.version == LONG + 3


def test_a_snapshot_of_other_code_does_not_count_and_is_replaced(long, monkeypatch):
    desk, _ = long
    folded = loaded(desk)
    desk.application.recorder.keep_snapshot(kept(desk)._replace(form="of yesterday", state="?"))
    assert vars(loaded(desk)) == vars(folded)
    assert kept(desk).originator_version == LONG


def test_a_short_aggregate_has_no_snapshot(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    loaded(desk)
    assert kept(desk) is None


@pytest.mark.parametrize("error", [OperationalError("away"), TypeError("an object")])
def test_a_snapshot_that_cannot_be_kept_costs_no_decision(long, monkeypatch, error):
    desk, _ = long

    def fails(*_):
        raise error

    monkeypatch.setattr(desk.application.recorder, "keep_snapshot", fails)
    assert loaded(desk).version == LONG
    (answer,) = commit(desk, amend(desk))
    assert answer.version == LONG + 1


def test_the_form_changes_with_the_code_that_folds(monkeypatch, tmp_path):
    before = snapshots.form_of("tests.core.toy")
    changed = tmp_path / "toy.py"
    changed.write_text("# other code")
    monkeypatch.setattr("tests.core.toy.__file__", str(changed))
    snapshots.form_of.cache_clear()
    assert snapshots.form_of("tests.core.toy") != before
    snapshots.form_of.cache_clear()


def test_a_day_is_no_moment():
    assert type(snapshots.opened(snapshots.taken(note(held=date(2025, 1, 1)), "f")).held) is date
    here = datetime(2025, 1, 1, 9, tzinfo=UTC)
    assert snapshots.opened(snapshots.taken(note(held=here), "f")).held == here
