"""What a failing database does to an answer: never one for what is not stored, never an event twice."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from siko_contracts.answers import Answer
from siko_core.positions import Place, Step
from siko_core.refusals import Unavailable
from siko_core.store.postgres import PostgresUnitRecorder
from siko_core.testing import Desk
from siko_core.writer import commit as committing
from siko_core.writer.job import Job
from siko_core.writer.writer import Writer

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import CONTRACTS, AmendNote, Note, Notes, WithdrawNote, WriteNote

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"


@pytest.fixture
def postgres_desk(postgres_url, tmp_path) -> Iterator[Desk]:
    desk = Desk(Notes, CONTRACTS, tmp_path, database_url=postgres_url)
    yield desk
    recorder: Any = desk.application.recorder
    recorder.close()
    desk.application.close()


@pytest.fixture
def locking(monkeypatch):
    """Who is overtaken has heard of nothing, and locks the others out at once, without another attempt."""
    monkeypatch.setattr(committing, "ATTEMPTS", 1)
    monkeypatch.setattr(PostgresUnitRecorder, "others_committed", lambda _: False)


class LosesTheAnswer:
    """The writer's connection: what it sends arrives and is committed, and then the line is cut."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.closed = False

    def execute(self, *arguments: Any, **named: Any) -> Any:
        self.connection.execute(*arguments, **named)
        self.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def close(self) -> None:
        self.connection.close()
        self.closed = True


def insert_then_fail(recorder: Any) -> Any:
    insert = recorder.insert_events

    def insert_events(*arguments: Any, **named: Any) -> None:
        recorder.insert_events = insert
        insert(*arguments, **named)
        raise OperationalError("the answer is lost")

    return insert_events


def fail_at_commit(recorder: Any) -> Any:
    exclusively = recorder.exclusively

    @contextmanager
    def failing() -> Iterator[None]:
        recorder.exclusively = exclusively
        with exclusively():
            yield
            raise OperationalError("the connection is lost before the commit")

    return failing


def fail_after_commit(recorder: Any) -> Any:
    exclusively = recorder.exclusively

    @contextmanager
    def failing() -> Iterator[None]:
        recorder.exclusively = exclusively
        with exclusively():
            yield
        raise OperationalError("the answer to the commit is lost")

    return failing


async def performed(desk: Desk, *jobs: Job) -> list[Any]:
    """What a client is told, by a running writer."""
    running = asyncio.create_task(desk.writer.run())
    outcomes = await asyncio.wait_for(
        asyncio.gather(*map(desk.writer.perform, jobs), return_exceptions=True), 20
    )
    running.cancel()
    desk.writer = Writer(desk.application)
    return outcomes


def test_on_postgresql_a_lost_answer_is_one_event_and_the_repeat_finds_it(postgres_desk):
    desk = postgres_desk
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    recorder: Any = desk.application.recorder
    recorder._writing = LosesTheAnswer(recorder._writing)
    with pytest.raises(OperationalError):
        desk.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID)
    again = desk.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID)
    assert again == Answer(id="a", version=2, position=2)
    assert topics(desk) == ["toy_note.written", "toy_note.amended"]


@pytest.mark.parametrize("command", [AmendNote(note_id="a"), WithdrawNote(note_id="a")])
def test_a_lost_answer_is_one_event_and_the_repeat_finds_it(desk, monkeypatch, command):
    """Also where the command, judged anew, would have nothing more to do."""
    method = Notes.amend if isinstance(command, AmendNote) else Notes.withdraw
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    recorder = desk.application.recorder
    monkeypatch.setattr(recorder, "insert_events", insert_then_fail(recorder))
    with pytest.raises(OperationalError):
        desk.send(method, command, command_id=COMMAND_ID)
    again = desk.send(method, command, command_id=COMMAND_ID)
    assert again == Answer(id="a", version=2, position=2)
    assert len(stored(desk)) == 2


def test_after_a_lost_answer_the_next_command_rests_on_what_was_committed(desk, monkeypatch):
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    recorder = desk.application.recorder
    monkeypatch.setattr(recorder, "insert_events", insert_then_fail(recorder))
    with pytest.raises(OperationalError):
        desk.send(Notes.amend, AmendNote(note_id="a"))
    assert desk.send(Notes.amend, AmendNote(note_id="a")).version == 3
    assert [version for _, version, _ in stored(desk)] == [1, 2, 3]


@pytest.mark.usefixtures("locking")
async def test_nobody_is_answered_for_a_commit_that_failed(open_desk, monkeypatch):
    """Another replica was faster, so the batch is decided under the lock, and there the commit fails."""
    desk, other = open_desk(), open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    other.send(Notes.write, WriteNote(id="b"), now=NOW)
    recorder = desk.application.recorder
    monkeypatch.setattr(recorder, "exclusively", fail_at_commit(recorder))
    outcomes = await performed(
        desk,
        job(desk, Notes.amend, AmendNote(note_id="a"), COMMAND_ID),
        job(desk, Notes.write, WriteNote(id="c")),
    )
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    assert [each for each, _, _ in stored(desk)] == ["a", "b"]
    again = commit(desk, job(desk, Notes.amend, AmendNote(note_id="a"), COMMAND_ID))
    assert [answer.version for answer in again] == [2]
    assert [(each, version) for each, version, _ in stored(desk)] == [("a", 1), ("b", 1), ("a", 2)]


@pytest.mark.usefixtures("locking")
@pytest.mark.parametrize(
    ("fail", "ids"),
    [(fail_at_commit, ["a", "b"]), (fail_after_commit, ["a", "b", "c"])],
    ids=["before the commit", "after it"],
)
def test_ids_are_those_of_the_store_after_a_commit_under_the_lock_that_failed(
    open_desk, monkeypatch, fail, ids
):
    """Whoever goes through all of them, as on a new day, must find each."""
    desk, other = open_desk(), open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    assert [*desk.application.ids_of(Note)] == ["a"]
    desk.application.end_decision()
    other.send(Notes.write, WriteNote(id="b"), now=NOW)
    recorder = desk.application.recorder
    monkeypatch.setattr(recorder, "exclusively", fail(recorder))
    with pytest.raises(OperationalError):
        commit(desk, job(desk, Notes.write, WriteNote(id="c")))
    commit(desk, job(desk, Notes.amend, AmendNote(note_id="b")))
    assert [*desk.application.ids_of(Note)] == ids


@pytest.mark.usefixtures("locking")
def test_what_is_not_committed_is_never_handed_to_the_relay(open_desk, monkeypatch):
    """Decided under the lock, where the commit comes after the statement that stores."""
    desk, other = open_desk(), open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    other.send(Notes.amend, AmendNote(note_id="a"), now=NOW)
    recorder, handed = desk.application.recorder, []
    insert = recorder.insert_events

    def insert_and_look(*events: Any, **others: Any) -> Any:
        ids = insert(*events, **others)
        handed.extend(desk.writer.recent(2))
        return ids

    monkeypatch.setattr(recorder, "insert_events", insert_and_look)
    monkeypatch.setattr(recorder, "exclusively", fail_at_commit(recorder))
    with pytest.raises(OperationalError):
        commit(desk, job(desk, Notes.amend, AmendNote(note_id="a")))
    assert handed == []
    assert desk.writer.recent(2) == []


@pytest.mark.usefixtures("locking")
async def test_a_lost_answer_under_the_lock_is_one_event_too(open_desk, monkeypatch):
    desk, other = open_desk(), open_desk()
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    other.send(Notes.write, WriteNote(id="b"), now=NOW)
    recorder = desk.application.recorder
    monkeypatch.setattr(recorder, "exclusively", fail_after_commit(recorder))
    amend = AmendNote(note_id="a")
    (outcome,) = await performed(desk, job(desk, Notes.amend, amend, COMMAND_ID))
    assert isinstance(outcome, Unavailable)
    (again,) = commit(desk, job(desk, Notes.amend, amend, COMMAND_ID))
    assert again == Answer(id="a", version=2, position=3)
    assert len(stored(desk)) == 3


def test_a_followers_batch_whose_answer_was_lost_is_not_applied_again(desk, monkeypatch):
    recorder: Any = desk.application.recorder
    recorder.place("invitations")
    step = Step("invitations", 0, 7, 3)
    decided: list[int] = []
    monkeypatch.setattr(recorder, "insert_events", insert_then_fail(recorder))
    with pytest.raises(OperationalError):
        commit(desk, Job(lambda _: decided.append(1), step=step))
    assert recorder.place("invitations") == Place(7, 3)
    (outcome,) = commit(desk, Job(lambda _: decided.append(2), step=step))
    assert type(outcome).__name__ == "OutOfStep"
    assert recorder.place("invitations") == Place(7, 3)


def test_a_writer_whose_connection_was_ended_goes_on_with_a_new_one(postgres_desk, postgres_url):
    desk = postgres_desk
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    recorder: Any = desk.application.recorder
    backend = recorder._writing.info.backend_pid
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [backend])
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(desk.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID))
        except OperationalError:
            outcomes.append(None)
    assert outcomes[-1] == Answer(id="a", version=2, position=2)
    assert len(stored(desk)) == 2


@pytest.mark.usefixtures("locking")
def test_a_connection_that_ends_while_a_batch_is_decided_under_the_lock_spoils_nothing(
    postgres_desk, postgres_url, tmp_path
):
    desk = postgres_desk
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    Desk(Notes, CONTRACTS, tmp_path, database_url=postgres_url).send(
        Notes.amend, AmendNote(note_id="a"), now=NOW
    )
    with psycopg.connect(postgres_url, autocommit=True) as other:
        amended = job(desk, Notes.amend, AmendNote(note_id="a"), COMMAND_ID)
        decide, tries = amended.decide, []

        def decide_and_lose(of: Any) -> Any:
            tries.append(len(tries))
            recorder: Any = desk.application.recorder
            if len(tries) == 2:
                pid = recorder._writing.info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
            return decide(of)

        amended.decide = decide_and_lose
        with pytest.raises(OperationalError):
            commit(desk, amended)
    assert len(tries) == 2
    again = desk.send(Notes.amend, AmendNote(note_id="a"), command_id=COMMAND_ID)
    assert again == Answer(id="a", version=3, position=again.position)
    assert len(stored(desk)) == 3


def test_a_lock_that_another_process_never_gives_back_costs_the_wait_and_not_the_writer(
    postgres_desk, postgres_url
):
    desk = postgres_desk
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('scheduler_events'))")
        with pytest.raises(OperationalError):
            desk.send(Notes.amend, AmendNote(note_id="a"))
    assert desk.send(Notes.amend, AmendNote(note_id="a")).version == 2
