"""Parking: one event that fails for good holds up its own aggregate, in order, and nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any

import eventsourcing.persistence
import psycopg
import pytest
import sqlalchemy.exc
from siko_contracts.commands.operations import DiscardDeadLetters, ReplayDeadLetters
from siko_contracts.events import TYPES, ConferenceCancelled
from siko_core.faults import is_permanent
from siko_core.headers import HEADERS
from siko_core.parking import DISCARDED, PARKED, REPLAYED
from siko_core.refusals import AlreadyDone, NotFound, StillFailing, Unavailable

from tests.core.hearing import Broken, Replica, Stumbling, body_of
from tests.core.toy import NoteWithdrawn

OpenReplica = Callable[[], Replica]
COMMAND_ID = "0192f0c4-0000-7000-8000-0000000000{:02}".format
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


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("siko_core.parking.PAUSE_SECONDS", 0.001)


@pytest.fixture
async def open_replica(open_desk: Any) -> AsyncIterator[OpenReplica]:
    """Opens one on the test's database; again for a second one, or for the service after a restart."""
    opened: list[Replica] = []

    def open_one() -> Replica:
        opened.append(Replica(open_desk(Stumbling)))
        return opened[-1]

    yield open_one
    for replica in opened:
        replica.running.cancel()
    await asyncio.gather(*(replica.running for replica in opened), return_exceptions=True)


@pytest.fixture
async def replica(open_replica: OpenReplica) -> Replica:
    return open_replica()


async def settled(replica: Replica, what: Any, number: int = 1, actor: str | None = None) -> Any:
    """As by a request with this command id."""
    headers = {"Siko-Command-Id": COMMAND_ID(number)} | ({"Siko-Actor": actor} if actor else {})
    token = HEADERS.set(headers)
    try:
        return await replica.office.settle(what)
    finally:
        HEADERS.reset(token)


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

    def count(event: Any) -> None:
        Stumbling.policy(
            replica.application, event.model_copy(update={"event_id": f"{event.event_id}\ud800"})
        )

    replica.application.policy = count
    await replica.hear("b@1")
    assert [letter.event_id for letter in replica.letters()] == ["b@1"]


async def test_what_the_database_will_not_have_is_parked_all_the_same(replica):
    """PostgreSQL keeps no NUL in a text, neither as an aggregate's id nor beside a parked event; SQLite does."""
    await replica.hear("b\0@1", "a@1")
    await replica.hear("b\0@2", "a@2")
    assert replica.place() == 4
    assert replica.heard("a") == ["a@1", "a@2"]
    if replica.application.recorder.__module__ == "siko_core.postgres":
        assert [letter.aggregate_id for letter in replica.letters()] == ["b\ufffd"] * 2
    else:
        assert replica.heard("b\0") == ["b\0@1", "b\0@2"]


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


async def test_an_event_that_a_later_version_can_read_is_replayed_by_it(replica, monkeypatch):
    with monkeypatch.context() as older:
        older.setitem(TYPES, "recorded.v1", ConferenceCancelled)
        await replica.hear("b@1", "b@2")
        with pytest.raises(StillFailing) as failed:
            await settled(replica, ReplayDeadLetters(aggregate_id="b"))
        assert failed.value.details["error"] == "ValidationError"
    await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    assert replica.heard("b") == ["b@1", "b@2"]


async def test_a_fault_is_found_in_our_own_code_and_not_in_a_library(replica):
    def fails(event: Any) -> None:
        replica.application.get(type(replica), "nothing")

    replica.application.policy = fails
    await replica.hear("b@1")
    (letter,) = replica.letters()
    module, _, line = str(letter.found_in).partition(":")
    assert (letter.error, module) == ("NotFound", "siko_core.eventsourced")
    assert line.isdecimal()


async def test_after_a_restart_it_is_still_parked(replica, open_replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "a@1")
    again = open_replica()
    await again.hear("b@2", "a@2")
    assert again.parked() == ["b@1", "b@2"]
    assert again.heard("a") == ["a@1", "a@2"]


async def test_a_replica_knows_what_another_has_parked_and_settled(replica, open_replica):
    other = open_replica()
    await other.hear("a@1")
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    await other.hear("b@2", "a@2")
    assert other.parked() == ["b@1", "b@2"]
    replica.application.fails.clear()
    await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    await other.hear("b@3")
    assert other.heard("b") == ["b@1", "b@2", "b@3"]
    await replica.hear("b@4")
    assert replica.heard("b") == ["b@1", "b@2", "b@3", "b@4"]


async def test_replayed_after_the_repair_it_is_as_if_nothing_had_failed(replica):
    replica.application.fails |= {"b@1": Broken(), "c@2": Broken()}
    await replica.hear("a@1", "b@1", "b@2", "c@1", "c@2", "a@2")
    await replica.hear("b@3", "c@3")
    replica.application.fails.clear()
    for number, aggregate_id in enumerate("bc"):
        await settled(replica, ReplayDeadLetters(aggregate_id=aggregate_id), number)
    await replica.hear("b@4", "c@4", "a@3")
    for aggregate_id, last in {"a": 3, "b": 4, "c": 4}.items():
        expected = [f"{aggregate_id}@{version}" for version in range(1, last + 1)]
        assert replica.heard(aggregate_id) == expected
    assert replica.parked() == []


async def test_a_replay_says_which_and_keeps_who_did_it_why_and_when(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2")
    replica.application.fails.clear()
    answer = await settled(
        replica,
        ReplayDeadLetters(aggregate_id="b", reason="0.2.1 reads it"),
        actor="operations@it-nrw",
    )
    assert (answer.id, answer.version) == ("b", 2)
    assert answer.letters == ["scheduler.1", "scheduler.2"]
    for letter in replica.letters():
        assert (letter.state, letter.settled_by) == (REPLAYED, "operations@it-nrw")
        assert letter.reason == "0.2.1 reads it"
        assert str(letter.settled_at) >= letter.parked_at


async def test_what_fails_again_stays_parked_and_what_came_before_it_does_not(replica):
    replica.application.fails |= {"b@1": Broken(), "b@3": KeyError()}
    await replica.hear("b@1", "b@2", "b@3", "b@4")
    del replica.application.fails["b@1"]
    with pytest.raises(StillFailing) as failed:
        await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    assert failed.value.details["letter"] == "scheduler.3"
    assert failed.value.details["error"] == "KeyError"
    assert replica.heard("b") == ["b@1", "b@2"]
    assert replica.parked() == ["b@3", "b@4"]
    (letter,) = replica.letters(id="scheduler.3")
    assert (letter.attempts, letter.error, letter.settled_by) == (1, "KeyError", None)
    del replica.application.fails["b@3"]
    await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    assert replica.heard("b") == ["b@1", "b@2", "b@3", "b@4"]


async def test_a_replay_by_id_begins_with_those_before_it(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2", "b@3")
    replica.application.fails.clear()
    answer = await settled(replica, ReplayDeadLetters(id="scheduler.2"))
    assert answer.letters == ["scheduler.1", "scheduler.2"]
    assert replica.parked() == ["b@3"]


async def test_a_replay_while_the_store_is_away_changes_nothing(replica, monkeypatch):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.fails["b@1"] = TimeoutError()
    with pytest.raises(TimeoutError):
        await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    (letter,) = replica.letters()
    assert (letter.state, letter.attempts) == (PARKED, 3)


async def test_what_is_discarded_takes_no_effect_and_holds_up_nothing_any_more(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2")
    answer = await settled(
        replica, DiscardDeadLetters(id="scheduler.1", reason="told by letter"), actor="x@y"
    )
    assert answer.letters == ["scheduler.1"]
    (letter,) = replica.letters(id="scheduler.1")
    assert (letter.state, letter.settled_by, letter.reason) == (DISCARDED, "x@y", "told by letter")
    await replica.hear("b@3")
    assert replica.parked() == ["b@2", "b@3"]
    await settled(replica, ReplayDeadLetters(aggregate_id="b"), 2)
    await replica.hear("b@4")
    assert replica.heard("b") == ["b@2", "b@3", "b@4"]


async def test_a_repeated_command_gets_its_first_answer_and_does_nothing_twice(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.fails.clear()
    first = await settled(replica, ReplayDeadLetters(aggregate_id="b"))
    assert await settled(replica, ReplayDeadLetters(aggregate_id="b")) == first
    assert replica.heard("b") == ["b@1"]


async def test_what_is_settled_or_was_never_parked_is_refused_by_its_name(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "a@1")
    await settled(replica, DiscardDeadLetters(aggregate_id="b", reason="x"))
    with pytest.raises(AlreadyDone):
        await settled(replica, ReplayDeadLetters(aggregate_id="b"), 2)
    with pytest.raises(NotFound):
        await settled(replica, ReplayDeadLetters(aggregate_id="a"), 3)
    with pytest.raises(NotFound):
        await settled(replica, DiscardDeadLetters(id="scheduler.9", reason="x"), 4)


async def test_replicas_that_settle_the_same_at_once_settle_it_once(replica, open_replica):
    other = open_replica()
    await other.hear("a@1")
    replica.application.fails |= {f"b{number}@1": Broken() for number in range(8)}
    await replica.hear(*replica.application.fails)
    replica.application.fails.clear()
    for number in range(8):
        outcomes = await asyncio.gather(
            settled(replica, ReplayDeadLetters(aggregate_id=f"b{number}"), number),
            settled(other, DiscardDeadLetters(aggregate_id=f"b{number}", reason="x"), 10 + number),
            return_exceptions=True,
        )
        (letter,) = replica.letters(aggregate_id=f"b{number}")
        assert isinstance(outcomes[letter.state == REPLAYED], AlreadyDone), outcomes
        expected = [f"b{number}@1"] if letter.state == REPLAYED else []
        assert replica.heard(f"b{number}") == expected
