"""A long aggregate that was evicted goes on from its last fold, and is always as its stored events make it."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from siko_core.eventsourced.application import LONG

from tests.core.batches import commit, job
from tests.core.toy import AmendNote, Misdo, Note, Notes, WriteNote

NOW = "2025-01-01T09:00:00+01:00"
VERSIONS = LONG + 20


@pytest.fixture
def long(open_desk):
    """Two desks on one store, in which a note was amended very often; the second has seen nothing yet."""
    desk = open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    commit(desk, *(amend(desk) for _ in range(VERSIONS - 1)))
    return desk, open_desk()


def amend(desk):
    return job(desk, Notes.amend, AmendNote(note_id="a", override_reason="often"))


def loaded(desk):
    """The note as a load makes it, which leaves it evicted."""
    desk.application.cache.evict({"a"})
    note = desk.application.get(Note, "a")
    desk.application.end_decision()
    desk.application.cache.evict({"a"})
    return note


@pytest.fixture
def decoded(long, monkeypatch):
    """Versions of the events that the second desk has turned into objects."""
    versions: list[int] = []
    mapper = long[1].application.mapper
    decode = mapper.to_domain_event

    def count(stored: StoredEvent):
        versions.append(stored.originator_version)
        return decode(stored)

    monkeypatch.setattr(mapper, "to_domain_event", count)
    return versions


def test_a_long_aggregate_is_folded_once(long, decoded):
    _, desk = long
    first = loaded(desk)
    assert decoded == list(range(1, VERSIONS + 1))
    again = loaded(desk)
    assert len(decoded) == VERSIONS
    assert again is not first
    assert vars(again) == vars(first)


def test_what_others_stored_since_is_folded_on_top(long, decoded):
    other, desk = long
    loaded(desk)
    commit(other, amend(other), amend(other))
    decoded.clear()
    (answer,) = commit(desk, amend(desk))
    assert answer.version == VERSIONS + 3
    note = loaded(desk)
    assert (note.version, note.amendments) == (VERSIONS + 3, VERSIONS + 2)
    assert set(decoded) == {VERSIONS + 1, VERSIONS + 2, VERSIONS + 3}


def test_a_decision_that_failed_leaves_no_trace_in_it(long):
    _, desk = long
    before = dict(vars(loaded(desk)))
    misdo = Misdo(note_id="a", how="raise before the save")
    (outcome,) = commit(desk, job(desk, Notes.misdo, misdo))
    assert isinstance(outcome, ZeroDivisionError)
    assert vars(loaded(desk)) == before


def test_a_fold_does_not_count_when_its_last_event_is_another_one(long, decoded, database_url):
    """As after a restore, when others have gone on from the backup."""
    _, desk = long
    recorder = desk.application.recorder
    loaded(desk)
    decoded.clear()
    (last,) = recorder.events_of("a", VERSIONS - 1, 1)
    execute(
        database_url,
        f"DELETE FROM {recorder.events_table_name} WHERE originator_version = {VERSIONS}",
    )
    state = bytes(last.state).replace(b',"text":null', b"")
    recorder.insert_events([StoredEvent("a", VERSIONS, "toy_note.withdrawn", state)])
    note = loaded(desk)
    assert decoded == list(range(1, VERSIONS + 1))
    assert (note.amendments, note.is_withdrawn) == (VERSIONS - 2, True)


def test_a_short_aggregate_is_not_kept(desk):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    loaded(desk)
    assert desk.application._folds == {}


def test_a_snapshot_that_an_earlier_version_stored_is_ignored(long, open_desk, database_url):
    """Nothing compared it with the record: changed, it would have changed decisions."""
    desk, _ = long
    table = f"{desk.application.recorder.events_table_name}_snapshots"
    execute(
        database_url,
        f"CREATE TABLE {table} (originator_id text PRIMARY KEY, originator_version bigint NOT NULL,"
        " form text NOT NULL, state text NOT NULL)",
        f"INSERT INTO {table} VALUES ('a', 7, 'of that version', 'forged')",
    )
    (answer,) = commit(desk := open_desk(), amend(desk))
    assert answer.version == VERSIONS + 1
    assert loaded(desk).amendments == VERSIONS


def execute(url: str, *statements: str) -> None:
    """Run SQL beside the service, as an administrator may."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as store, store:
            for statement in statements:
                store.execute(statement)
    else:
        with psycopg.connect(url) as connection:
            for statement in statements:
                connection.execute(statement)
