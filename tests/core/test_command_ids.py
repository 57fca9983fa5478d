"""A command's id is its asker's, for one command: nobody uses it up for anybody else, and its repeat is known."""

from typing import Any

import pytest
from siko_contracts.answers import Answer, Refusal
from siko_contracts.values import Actor
from siko_core.metadata import Metadata, deciding
from siko_core.refusals import NotFound
from siko_core.writer.job import Job, command_job

from tests.core.batches import NOW, commit, topics
from tests.core.toy import AmendNote, Notes, WithdrawNote, WriteNote, moment

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"
OTHER_ID = "0192f0c4-0000-7000-8000-000000000002"
KOELN, BONN = "secretariat@pp-koeln", "secretariat@pp-bonn"


@pytest.fixture
def desk(desk: Any) -> Any:
    """With a note to be amended."""
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    return desk


def amend(desk: Any, actor: str, text: str | None = None, command_id: str = COMMAND_ID) -> Any:
    command = AmendNote(note_id="a", text=text)
    return desk.send(Notes.amend, command, actor=actor, command_id=command_id)


def metadata(actor: str) -> Metadata:
    at = {"effective_at": moment(NOW), "recorded_at": moment(NOW)}
    return Metadata(**at, actor=Actor.parse(actor), command_id=COMMAND_ID)


def amending(desk: Any, actor: str) -> Job:
    command = AmendNote(note_id="a")
    return command_job(desk.application, Notes.amend, command, metadata(actor), asker=actor)


def code(outcome: Any) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.error.code


def test_what_another_has_done_under_the_same_id_keeps_nobody_from_doing_his_own(desk):
    assert amend(desk, KOELN, "ours").version == 2
    assert amend(desk, BONN, "theirs").version == 3
    assert amend(desk, KOELN, "ours").version == 2
    assert amend(desk, BONN, "theirs").version == 3
    assert topics(desk)[1:] == ["toy_note.amended"] * 2


def test_a_refused_command_is_not_answered_by_what_another_did_under_the_same_id(desk):
    amend(desk, KOELN)
    nowhere = AmendNote(note_id="nowhere")
    told = desk.send(Notes.amend, nowhere, actor=BONN, command_id=COMMAND_ID)
    assert code(told) == "NotFound"


@pytest.mark.parametrize(
    ("method", "command"),
    [
        (Notes.amend, AmendNote(note_id="a", text="another")),
        (Notes.amend, AmendNote(note_id="nowhere")),
        (Notes.withdraw, WithdrawNote(note_id="a")),
    ],
    ids=["another body", "another body that is refused", "another command"],
)
def test_who_uses_an_id_again_for_something_else_is_told_so(desk, method, command, open_desk):
    amend(desk, KOELN, "first")
    for here in (desk, open_desk()):
        told = here.send(method, command, actor=KOELN, command_id=COMMAND_ID)
        assert code(told) == "CommandIdTaken"
        assert list(told.error.details) == ["Siko-Command-Id"]
    assert topics(desk)[1:] == ["toy_note.amended"]
    assert amend(desk, KOELN, "first").version == 2


def test_the_same_command_is_a_repeat_however_it_is_written(desk):
    said = {"note_id": "a", "effective_at": "2025-01-01T10:00:00+01:00"}
    same = {"effective_at": "2025-01-01T09:00:00Z", "text": None, "note_id": "a"}
    first, again = (
        desk.send(
            Notes.amend,
            AmendNote.model_validate(each),
            now="2025-01-01T11:00:00+01:00",
            actor=KOELN,
            command_id=COMMAND_ID,
        )
        for each in (said, same)
    )
    assert first == again
    assert first.version == 2


def test_a_repeat_gets_its_answer_also_when_the_right_has_ended_since(desk):
    """Its asker learns nothing that he was not told; a new command of his is refused."""

    def closed(*_: Any) -> None:
        raise NotFound

    def repeated(asker: str) -> Any:
        command = AmendNote(note_id="a")
        about = metadata(asker)
        again = command_job(desk.application, Notes.amend, command, about, closed, asker=asker)
        return commit(desk, again)[0]

    first = amend(desk, KOELN)
    assert repeated(KOELN) == first
    assert code(repeated(BONN)) == "NotFound"
    assert topics(desk)[1:] == ["toy_note.amended"]


def test_what_was_refused_has_not_used_its_id(desk):
    nowhere = AmendNote(note_id="nowhere")
    assert code(desk.send(Notes.amend, nowhere, actor=KOELN, command_id=COMMAND_ID)) == "NotFound"
    assert amend(desk, KOELN).version == 2


def test_two_who_wait_together_with_the_same_id_are_both_served(desk):
    answers = commit(desk, *(amending(desk, each) for each in (KOELN, BONN, KOELN, BONN)))
    assert [answer.version for answer in answers] == [2, 3, 2, 3]


def test_two_at_different_replicas_with_the_same_id_are_both_served(desk, open_desk):
    there = open_desk()
    assert amend(there, KOELN).version == 2
    assert amend(desk, BONN).version == 3
    assert amend(there, BONN).version == 3
    assert amend(desk, KOELN).version == 2


def test_an_answer_does_not_tell_who_asked_nor_which_others_he_asked(desk):
    amend(desk, KOELN)
    amend(desk, KOELN, command_id=OTHER_ID)
    kept = desk.application.recorder.answered([COMMAND_ID, OTHER_ID])
    first, second = (text for text, _ in kept.values())
    assert "koeln" not in first
    asker = first.partition('"asker":"')[2][:32]
    assert len(asker) == 32
    assert asker not in second


class TestOfAnEarlierVersion:
    """It kept the answer and not who had asked for what; the event says who acted."""

    @pytest.fixture
    def answered(self, desk: Any) -> Any:
        """Köln has amended the note, and was answered."""

        def decide(_: Job) -> Any:
            with deciding(metadata(KOELN)):
                return desk.application.amend(AmendNote(note_id="a", text="first"))

        commit(desk, Job(decide))
        desk.application.recorder.insert_events(
            (), answers={COMMAND_ID: '{"id":"a","version":2,"findings":[]}'}
        )
        return desk

    def test_who_was_answered_gets_that_answer_again(self, answered):
        assert amend(answered, KOELN, "first") == Answer(id="a", version=2)
        assert topics(answered)[1:] == ["toy_note.amended"]

    def test_another_is_not_answered_by_it(self, answered):
        assert amend(answered, BONN).version == 3
        assert amend(answered, BONN).version == 3
        assert amend(answered, KOELN, "first").version == 2

    def test_what_changed_nothing_is_decided_anew(self, answered):
        """No event says who asked for it."""
        answered.application.recorder.insert_events(
            (), answers={OTHER_ID: '{"id":"a","version":2,"findings":[]}'}
        )
        assert amend(answered, KOELN, command_id=OTHER_ID).version == 3
        assert amend(answered, KOELN, command_id=OTHER_ID).version == 3
