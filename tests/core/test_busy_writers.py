"""Writers with much to do: each command once, and nobody waits for ever."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest
from eventsourcing.persistence import OperationalError
from siko_contracts.answers import Answer, Refusal
from siko_core.refusals import Unavailable
from siko_core.testing import Desk
from siko_core.writer.job import Job
from siko_core.writer.writer import Writer

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


def test_only_what_rests_on_the_change_of_a_faster_replica_is_decided_again(open_desk, monkeypatch):
    here, there = open_desk(), open_desk()
    monkeypatch.setattr(here.application.recorder, "others_committed", lambda: False)
    for each in ("a", "b", "c"):
        here.send(Notes.write, WriteNote(id=each), now=NOW)
    commit(here, amend(here, "a"), amend(here, "b"), amend(here, "c"))
    there.send(Notes.amend, AmendNote(note_id="a"), now=NOW)
    jobs = [amend(here, "a"), amend(here, "b"), amend(here, "c"), withdraw(here, "a")]
    outcomes = commit(here, *jobs)
    assert [each.version for each in outcomes] == [4, 3, 3, 5]
    assert here.writer.committer.decided_again == 2
    assert dense(here)


def overtaken(there: Desk, times: int) -> Callable[[Any, Any], Any]:
    """Amends a note, while another replica does the same, so many times before it is committed."""
    others = [AmendNote(note_id="a", override_reason="often") for _ in range(times)]

    def amended(application: Any, command: Any) -> Any:
        if others:
            there.send(Notes.amend, others.pop(), now=NOW)
        return application.amend(command)

    return amended


def test_who_is_overtaken_once_decides_again_and_locks_nobody_out(open_desk, monkeypatch):
    here, there = open_desk(), open_desk()
    for each in ("a", "b"):
        here.send(Notes.write, WriteNote(id=each), now=NOW)
    commit(here, amend(here, "a"), amend(here, "b"))
    command = AmendNote(note_id="b", override_reason="often")
    jobs = [amend(here, "a"), amend(here, "b"), write(here, "a")]
    monkeypatch.setattr(here.application.recorder, "exclusively", None)
    outcomes = commit(here, *jobs, job(here, overtaken(there, 1), command))
    assert [getattr(each, "version", None) for each in outcomes] == [4, 3, None, 4]
    assert isinstance(outcomes[2], Refusal)
    assert here.writer.committer.decided_again == 2
    assert dense(here)


def test_who_is_overtaken_again_locks_the_others_out(open_desk, monkeypatch):
    here, there = open_desk(), open_desk()
    here.send(Notes.write, WriteNote(id="a"), now=NOW)
    commit(here, amend(here, "a"))
    exclusively = Mock(wraps=here.application.recorder.exclusively)
    monkeypatch.setattr(here.application.recorder, "exclusively", exclusively)
    command = AmendNote(note_id="a", override_reason="often")
    (outcome,) = commit(here, job(here, overtaken(there, 2), command))
    assert outcome.version == 5
    assert here.writer.committer.decided_again == 2
    exclusively.assert_called_once()
    assert dense(here)


def test_where_an_insert_fails_nothing_of_it_is_left_in_the_cache(written, monkeypatch):
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the database is away")

    jobs = [amend(written, "a"), write(written, "c"), amend(written, "c")]
    with monkeypatch.context() as broken:
        broken.setattr(written.application.recorder, "insert_events", away)
        with pytest.raises(OperationalError):
            written.writer.committer.commit(jobs)
    assert [each.outcome for each in jobs] == [None, None, None]
    assert [*written.application.ids_of(Note)] == ["a", "b"]
    written.application.end_decision()
    outcomes = commit(written, amend(written, "a"), amend(written, "c"), write(written, "d"))
    assert [type(each) for each in outcomes] == [Answer, Refusal, Answer]
    assert outcomes[0].version == 2
    assert dense(written)


@pytest.mark.parametrize("again", [amend, write], ids=["accepted again", "refused now"])
def test_a_repeat_beside_its_first_and_behind_a_faster_replica_gets_the_first_answer(
    open_desk, again
):
    here, there = open_desk(), open_desk()
    for each in ("a", "b"):
        here.send(Notes.write, WriteNote(id=each), now=NOW)
    note_id = "a" if again is amend else "c"
    there.send(Notes.amend, AmendNote(note_id="b"), now=NOW)
    first, repeat = commit(here, *(again(here, note_id, COMMAND_ID) for _ in range(2)))
    assert isinstance(first, Answer)
    assert first == repeat
    assert dense(here)
    assert len(stored(here)) == 4


async def test_two_busy_replicas_answer_each_command_once_and_with_a_version_of_its_own(open_desk):
    replicas = [open_desk(), open_desk()]
    notes = [f"n{number}" for number in range(5)]
    for each in notes:
        replicas[0].send(Notes.write, WriteNote(id=each), now=NOW)
    writers = [desk.writer for desk in replicas]
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
