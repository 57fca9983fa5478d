"""Parking: one event that fails for good holds up its own aggregate, in order, and nothing else."""

import random
import sqlite3
from typing import Any

import eventsourcing.persistence
import psycopg
import pytest
import sqlalchemy.exc
from siko_contracts.queries.operations import DeadLetters
from siko_core.faults import is_permanent
from siko_core.letters import PARKED
from siko_core.refusals import Unavailable

from tests.core.parking.hearing import Broken, Stumbling, body_of, policy
from tests.core.toy import NoteWithdrawn

PASSING = [
    sqlite3.OperationalError("database is locked"),
    psycopg.OperationalError("server closed the connection"),
    psycopg.InterfaceError("the connection is closed"),
    psycopg.errors.ReadOnlySqlTransaction("a standby"),
    eventsourcing.persistence.OperationalError("…"),
    eventsourcing.persistence.InterfaceError("…"),
    sqlalchemy.exc.OperationalError("select", {}, Exception()),
    TimeoutError(),
    ConnectionResetError(),
    Unavailable(),
]


async def test_what_fails_for_good_is_parked_and_the_later_ones_of_its_aggregate_behind_it(replica):
    replica.application.fails["b@1"] = Broken("not even this text is kept: Erika Mustermann")
    await replica.hear("a@1", "b@1", "a@2", "b@2", "c@1", "b@3")
    assert (replica.heard("a"), replica.heard("b"), replica.heard("c")) == (
        ["a@1", "a@2"],
        [],
        ["c@1"],
    )
    assert replica.place() == 6
    culprit, *behind = replica.letters()
    assert (culprit.id, culprit.event_id, culprit.position) == ("scheduler.2", "b@1", 2)
    assert (culprit.error, culprit.attempts, culprit.state) == ("Broken", 3, PARKED)
    assert culprit.body == body_of("b@1")
    assert culprit.correlation_id == "because of b@1"
    assert "Mustermann" not in repr(culprit)
    assert [(each.event_id, each.error, each.attempts) for each in behind] == [
        ("b@2", None, 0),
        ("b@3", None, 0),
    ]


async def test_later_events_of_the_aggregate_are_parked_without_being_tried(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.tried.clear()
    await replica.hear("b@2", "a@1")
    await replica.hear("b@3")
    assert replica.parked() == ["b@1", "b@2", "b@3"]
    assert replica.application.tried == ["a@1"]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__qualname__)
async def test_what_passes_by_itself_is_never_parked(replica, error):
    replica.application.fails["b@1"] = error
    for _ in range(5):
        with pytest.raises(type(error)):
            await replica.hear("a@1", "b@1", "c@1")
    assert replica.letters() == []
    assert replica.place() == 0
    del replica.application.fails["b@1"]
    await replica.hear("a@1", "b@1", "c@1")
    assert replica.heard("b") == ["b@1"]


@pytest.mark.parametrize(
    "error",
    [
        Broken(),
        NoteWithdrawn(),
        KeyError("x"),
        psycopg.errors.NumericValueOutOfRange(),
        eventsourcing.persistence.IntegrityError(),
    ],
    ids=lambda error: type(error).__qualname__,
)
async def test_anything_else_is_there_to_stay(replica, error):
    """A refusal too: there is nobody whom to tell it."""
    assert is_permanent(error)
    replica.application.fails["b@1"] = error
    await replica.hear("b@1")
    assert [letter.error for letter in replica.letters()] == [type(error).__name__]


async def test_a_database_that_fails_while_parking_parks_nothing(replica, monkeypatch):
    """As where it is away just then: the next try begins from the start."""
    replica.application.fails["b@1"] = Broken()
    insert = replica.recorder.insert_events

    def away(*_: Any, **__: Any) -> None:
        raise eventsourcing.persistence.OperationalError("away")

    monkeypatch.setattr(replica.recorder, "insert_events", away)
    with pytest.raises(Unavailable):
        await replica.hear("b@1")
    monkeypatch.setattr(replica.recorder, "insert_events", insert)
    assert (replica.place(), replica.letters()) == (0, [])
    await replica.hear("b@1")
    assert (replica.place(), replica.parked()) == (1, ["b@1"])


@pytest.mark.parametrize(("times", "heard"), [(1, ["b@1"]), (2, ["b@1"]), (3, [])])
async def test_three_attempts_are_made(replica, times, heard):
    replica.application.stumbles["b@1"] = times
    await replica.hear("b@1")
    assert replica.heard("b") == heard


async def test_of_a_batch_only_the_culprits_are_tried_often(replica):
    """Found by halves: most of five hundred events are applied in few transactions."""
    events = [f"x{number}@1" for number in range(500)]
    for culprit in (events[3], events[250]):
        replica.application.fails[culprit] = Broken()
    await replica.hear(*events)
    assert replica.parked() == [events[3], events[250]]
    assert replica.place() == 500
    assert replica.writer.batches < 60


async def test_what_cannot_be_stored_is_parked(replica):
    """The decision goes well; what it staged cannot be written as JSON."""

    def count(event: Any, stumbling: Stumbling) -> None:
        policy(event.model_copy(update={"event_id": f"{event.event_id}\ud800"}), stumbling)

    replica.reactions.policy = count
    await replica.hear("b@1")
    assert [letter.event_id for letter in replica.letters()] == ["b@1"]


async def test_what_the_database_will_not_have_is_parked_all_the_same(replica):
    """PostgreSQL keeps no NUL in a text, neither as an aggregate's id nor beside a parked event; SQLite does."""
    await replica.hear("b\0@1", "a@1")
    await replica.hear("b\0@2", "a@2")
    assert replica.place() == 4
    assert replica.heard("a") == ["a@1", "a@2"]
    if replica.application.recorder.__module__ == "siko_core.store.postgres":
        assert [letter.aggregate_id for letter in replica.letters()] == ["b\ufffd"] * 2
    else:
        assert replica.heard("b\0") == ["b\0@1", "b\0@2"]


async def test_an_id_that_no_index_of_postgresql_takes_is_parked_and_cut(replica):
    """Longer than a third of a page, and random, so that it cannot be made shorter."""
    long = random.Random(1).randbytes(3000).hex()
    await replica.hear(f"{long}@1", "a@1")
    await replica.hear(f"{long}@2", "a@2")
    assert replica.place() == 4
    assert replica.heard("a") == ["a@1", "a@2"]
    if replica.application.recorder.__module__ == "siko_core.store.postgres":
        assert [letter.aggregate_id for letter in replica.letters()] == [long[:500]] * 2
    else:
        assert replica.heard(long) == [f"{long}@1", f"{long}@2"]


async def test_a_body_that_is_nested_too_deeply_is_parked(replica):
    await replica.hear("b@1", "a@1", bodies={"b@1": b"[" * 100_000})
    (letter,) = replica.letters()
    assert (letter.event_id, letter.aggregate_id) == (None, "b")
    assert replica.heard("a") == ["a@1"]
    answer = await replica.office.list(DeadLetters(id=letter.id))
    assert answer.items[0]["body"].startswith("[[[")


async def test_an_event_that_cannot_be_read_is_parked_as_it_came(replica):
    await replica.hear(
        "a@1", "b@1", "b@2", bodies={"a@1": b'{"event_id": "a@1"}', "b@1": b"\xff nothing"}
    )
    a, b, behind = replica.letters()
    assert (a.event_id, a.aggregate_id, a.body) == ("a@1", "a", b'{"event_id": "a@1"}')
    assert (b.event_id, b.aggregate_id, b.body) == (None, "b", b"\xff nothing")
    assert {a.error, b.error} == {"ValidationError"}
    assert str(a.found_in).startswith("siko_contracts.events.base:")
    assert behind.event_id == "b@2"
    assert replica.place() == 3
    assert replica.application.tried == []


async def test_a_fault_is_found_in_our_own_code_and_not_in_a_library(replica):
    def fails(event: Any, stumbling: Stumbling) -> None:
        stumbling.get(type(replica), "nothing")

    replica.reactions.policy = fails
    await replica.hear("b@1")
    (letter,) = replica.letters()
    module, _, line = str(letter.found_in).partition(":")
    assert (letter.error, module) == ("NotFound", "siko_core.eventsourced.application")
    assert line.isdecimal()


async def test_after_a_restart_it_is_still_parked(replica, open_replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "a@1")
    again = open_replica()
    await again.hear("b@2", "a@2")
    assert again.parked() == ["b@1", "b@2"]
    assert again.heard("a") == ["a@1", "a@2"]
