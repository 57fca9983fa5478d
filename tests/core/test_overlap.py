"""A batch is decided while the one before it is being inserted: it shares that one's fate, whatever that is."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from siko_contracts.answers import Answer, Refusal
from siko_core.committing import Begun, at_once
from siko_core.jobs import Batch, Job
from siko_core.refusals import Unavailable
from siko_core.testing import Desk
from siko_core.writer import WORTH_DIVIDING, Writer

from tests.core.batches import NOW, commit, job, stored, topics
from tests.core.toy import AmendNote, Note, Notes, WithdrawNote, WriteNote
from tests.core.waiting import until

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"


def amend(desk: Desk, note_id: str, command_id: str | None = None) -> Job:
    return job(desk, Notes.amend, AmendNote(note_id=note_id, override_reason="often"), command_id)


def withdraw(desk: Desk, note_id: str) -> Job:
    return job(desk, Notes.withdraw, WithdrawNote(note_id=note_id))


def write(desk: Desk, note_id: str, command_id: str | None = None) -> Job:
    return job(desk, Notes.write, WriteNote(id=note_id), command_id)


class Held:
    """An insert that another thread would do now: it is done when the test says so."""

    def __init__(self) -> None:
        self.future: Future[Any] = Future()

    def __call__(self, insert: Callable[[], Any]) -> "Future[Any]":
        self.insert = insert
        return self.future

    def go(self) -> None:
        try:
            self.future.set_result(self.insert())
        except Exception as error:  # noqa: BLE001
            self.future.set_exception(error)

    def fail(self) -> None:
        self.future.set_exception(OperationalError("the database is away"))


def decided(desk: Desk, jobs: Sequence[Job]) -> Batch:
    batch = Batch()
    desk.writer.committing.decide(jobs, batch)
    return batch


def begun(desk: Desk, jobs: Sequence[Job]) -> tuple[Begun, Held]:
    held = Held()
    return desk.writer.committing.begin(decided(desk, jobs), held), held


def finish(desk: Desk, first: Begun, ahead: Batch) -> None:
    """The first batch's end, and then the one's that was decided ahead of it."""
    committing = desk.writer.committing
    left = [*committing.end(first, ahead), *(() if ahead.jobs else ahead.left)]
    if ahead.jobs:
        left += committing.end(committing.begin(ahead, at_once))
    while left:
        left = [*committing.commit(left)]


def dense(desk: Desk) -> bool:
    versions: dict[str, list[int]] = {}
    for aggregate_id, version, _ in stored(desk):
        versions.setdefault(aggregate_id, []).append(version)
    return all(found == [*range(1, len(found) + 1)] for found in versions.values())


@pytest.fixture
def written(desk: Desk) -> Desk:
    for each in ("a", "b"):
        desk.send(Notes.write, WriteNote(id=each), now=NOW)
    return desk


def test_what_is_decided_ahead_sees_what_is_being_inserted(written):
    first, ahead = [amend(written, "a")], [amend(written, "a"), withdraw(written, "a")]
    under_way, held = begun(written, first)
    batch = decided(written, ahead)
    held.go()
    finish(written, under_way, batch)
    assert [each.outcome.version for each in (*first, *ahead)] == [2, 3, 4]
    assert [each.outcome.position for each in (*first, *ahead)] == [3, 5, 5]
    assert dense(written)


def test_what_is_decided_ahead_is_decided_again_with_what_it_rests_on(open_desk):
    """Another replica was faster: what rests on its change is decided again in both batches, and all of it once."""
    here, there = open_desk(), open_desk()
    for each in ("a", "b", "c"):
        here.send(Notes.write, WriteNote(id=each), now=NOW)
    commit(here, amend(here, "a"), amend(here, "b"), amend(here, "c"))
    first, ahead = [amend(here, "a"), amend(here, "b")], [amend(here, "c"), withdraw(here, "a")]
    under_way, held = begun(here, first)
    batch = decided(here, ahead)
    there.send(Notes.amend, AmendNote(note_id="a"), now=NOW)
    held.go()
    finish(here, under_way, batch)
    assert [each.outcome.version for each in (*first, *ahead)] == [4, 3, 3, 5]
    assert here.writer.committing.decided_again == 2
    assert dense(here)


def test_a_refusal_that_rests_on_an_insert_that_failed_is_told_to_nobody(written):
    first, ahead = [withdraw(written, "a")], [amend(written, "a")]
    under_way, held = begun(written, first)
    batch = decided(written, ahead)
    assert batch.refused
    held.fail()
    with pytest.raises(OperationalError):
        written.writer.committing.end(under_way, batch)
    assert [each.outcome for each in (*first, *ahead)] == [None, None]
    assert written.send(Notes.amend, AmendNote(note_id="a")).version == 2


def test_where_the_insert_fails_nothing_of_both_is_left_in_the_cache(written):
    under_way, held = begun(written, [amend(written, "a"), write(written, "c")])
    batch = decided(written, [amend(written, "a"), amend(written, "c"), write(written, "d")])
    held.fail()
    with pytest.raises(OperationalError):
        written.writer.committing.end(under_way, batch)
    assert [*written.application.ids_of(Note)] == ["a", "b"]
    written.application.take()
    outcomes = commit(written, amend(written, "a"), amend(written, "c"), write(written, "d"))
    assert [type(each) for each in outcomes] == [Answer, Refusal, Answer]
    assert outcomes[0].version == 2
    assert dense(written)


def test_a_command_repeated_while_its_first_is_being_inserted_gets_the_first_answer(written):
    first, repeat = amend(written, "a", COMMAND_ID), amend(written, "a", COMMAND_ID)
    under_way, held = begun(written, [first])
    batch = decided(written, [repeat])
    held.go()
    finish(written, under_way, batch)
    assert first.outcome == repeat.outcome
    assert topics(written).count("toy_note.amended") == 1


@pytest.mark.parametrize("again", [amend, write], ids=["accepted again", "refused now"])
def test_a_repeat_behind_its_first_and_a_faster_replica_gets_the_first_answer(open_desk, again):
    """Its first does not rest on what the other replica did, so nothing of it is decided anew."""
    here, there = open_desk(), open_desk()
    for each in ("a", "b"):
        here.send(Notes.write, WriteNote(id=each), now=NOW)
    note_id = "a" if again is amend else "c"
    first, repeat = (again(here, note_id, COMMAND_ID) for _ in range(2))
    under_way, held = begun(here, [first])
    batch = decided(here, [repeat])
    there.send(Notes.amend, AmendNote(note_id="b"), now=NOW)
    held.go()
    finish(here, under_way, batch)
    assert isinstance(first.outcome, Answer)
    assert first.outcome == repeat.outcome
    assert dense(here)
    assert len(stored(here)) == 4


async def test_what_waits_behind_a_repeat_of_what_is_being_inserted_is_not_forgotten(written):
    """Nothing can be decided ahead then."""
    first, repeat = (write(written, "first", COMMAND_ID) for _ in range(2))
    half = WORTH_DIVIDING // 2
    others = [write(written, f"note-{number}") for number in range(2 * half - 2)]
    writer = Writer(written.application)
    jobs = [first, *others[: half - 1], repeat, *others[half - 1 :]]
    asked = [asyncio.create_task(writer.perform(each)) for each in jobs]
    await asyncio.sleep(0)
    running = asyncio.create_task(writer.run())
    answers = await asyncio.wait_for(asyncio.gather(*asked), 10)
    assert all(isinstance(answer, Answer) for answer in answers)
    assert answers[0] == answers[half]
    running.cancel()
    writer.close()


def test_ids_that_are_being_inserted_are_among_all_ids(written):
    under_way, held = begun(written, [write(written, "c")])
    found: list[list[str]] = []

    class Looking(Notes):
        def look(self, command: Any) -> Any:
            found.append([*self.ids_of(Note)])
            return self.save(self.get(Note, "a"))

    batch = decided(written, [job(written, Looking.look, WithdrawNote(note_id="a"))])
    held.go()
    finish(written, under_way, batch)
    assert found == [["a", "b", "c"]]


def test_a_decision_that_spoils_what_is_being_inserted_stops_the_deciding(written):
    """The cache has lost it, and the store does not have it yet."""

    class Failing(Notes):
        def spoil(self, command: Any) -> Any:
            note = self.get(Note, "a")
            note.amend(None)
            raise KeyError

    under_way, held = begun(written, [amend(written, "a")])
    spoiling = job(written, Failing.spoil, WithdrawNote(note_id="a"))
    batch = decided(written, [spoiling, amend(written, "a")])
    assert batch.must_end_first
    assert len(batch.left) == 1
    held.go()
    committing = written.writer.committing
    committing.end(under_way, batch)
    left = committing.end(committing.begin(batch, at_once))
    assert isinstance(spoiling.outcome, KeyError)
    while left:
        left = committing.commit(left)
    assert dense(written)
    assert topics(written).count("toy_note.amended") == 2


async def test_two_busy_replicas_answer_each_command_once_and_with_a_version_of_its_own(open_desk):
    replicas = [open_desk(), open_desk()]
    notes = [f"n{number}" for number in range(5)]
    for each in notes:
        replicas[0].send(Notes.write, WriteNote(id=each), now=NOW)
    writers = [Writer(desk.application) for desk in replicas]
    running = [asyncio.create_task(writer.run()) for writer in writers]

    async def ask(number: int) -> tuple[str, int]:
        note_id, replica = notes[number % 5], number % 2
        command = AmendNote(note_id=note_id, override_reason="often")
        answer = await writers[replica].perform(job(replicas[replica], Notes.amend, command))
        assert isinstance(answer, Answer)
        return note_id, answer.version

    given = await asyncio.wait_for(asyncio.gather(*(ask(n) for n in range(400))), 60)
    for task, writer in zip(running, writers, strict=True):
        task.cancel()
        writer.close()
    assert max(Counter(given).values()) == 1
    assert topics(replicas[0]).count("toy_note.amended") == 400
    assert dense(replicas[0])
    assert any(writer.batches < writer.jobs for writer in writers)


async def test_other_work_for_the_thread_is_done_between_batches_of_endless_commands(desk):
    writer = Writer(desk.application)
    running = asyncio.create_task(writer.run())
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    commands = [asyncio.create_task(_for_ever(writer, desk, number)) for number in range(64)]
    await until(lambda: writer.jobs > 64)
    assert await asyncio.wait_for(writer.on_thread(lambda: "done"), 10) == "done"
    before = writer.jobs
    await until(lambda: writer.jobs > before + 64)
    for task in (*commands, running):
        task.cancel()
    await asyncio.gather(*commands, running, return_exceptions=True)
    writer.close()


async def _for_ever(writer: Writer, desk: Desk, number: int) -> None:
    for turn in range(10_000):
        with suppress(Unavailable):  # a busy disk
            await writer.perform(write(desk, f"note-{number}-{turn}"))
