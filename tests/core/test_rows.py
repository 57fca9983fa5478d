"""What speaks against a row of a store by itself: whether it was decided, whether it and its texts can be read."""

from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from siko_core.comparison.rows import Row, Rows
from siko_core.positions import COMMITS, Step

from tests.core.batches import NOW
from tests.core.toy import CONTRACTS, AmendNote, Notes, WriteNote

COMMAND_ID = "0192f0c4-0000-7000-8000-000000000001"
KOELN, BONN = "secretariat@pp-koeln", "secretariat@pp-bonn"


@pytest.fixture
def rows(desk: Any) -> Rows:
    """Of a store with a note, amended."""
    desk.send(Notes.write, WriteNote(id="a"), now=NOW)
    amend(desk, KOELN)
    return Rows(desk.application, CONTRACTS)


def amend(desk: Any, actor: str) -> None:
    command = AmendNote(note_id="a", text="words")
    assert desk.send(Notes.amend, command, actor=actor, command_id=COMMAND_ID).ok


def append(desk: Any, like: Row, **changed: Any) -> None:
    """By SQL, as it were: without a writer, and without an answer."""
    recorder = desk.application.recorder
    stored = like.stored
    number = recorder.place(COMMITS).position
    event = StoredEvent(
        stored.originator_id,
        changed.get("version", 3),
        changed.get("topic", stored.topic),
        changed.get("state", bytes(stored.state)),
    )
    recorder.insert_events([event], steps=[Step(COMMITS, number, number + 1, 0)])


def faults(rows: Rows) -> list[list[str]]:
    return [row.faults for row in rows.behind(0, 10)]


def test_what_commands_have_made_is_decided(rows: Rows) -> None:
    assert faults(rows) == [[], []]
    assert [seal.state for row in rows.behind(0, 10) for seal in row.seals] == ["open"]


def test_what_two_have_made_under_the_same_command_id_is_decided(rows: Rows, desk: Any) -> None:
    amend(desk, BONN)
    assert faults(rows) == [[]] * 3


def test_what_was_appended_with_a_command_id_of_before_is_not(rows: Rows, desk: Any) -> None:
    append(desk, rows.behind(0, 10)[1])
    assert faults(rows) == [[], [], ["Undecided"]]


def test_a_command_that_nobody_answered_has_decided_nothing(rows: Rows, desk: Any) -> None:
    amended = rows.behind(0, 10)[1]
    state = bytes(amended.stored.state).replace(COMMAND_ID.encode(), COMMAND_ID[::-1].encode())
    append(desk, amended, state=state)
    assert faults(rows)[2] == ["Undecided"]


@pytest.mark.parametrize(
    "broken", [{"topic": "toy_note.sung"}, {"topic": "os:system"}, {"state": b"{"}, {"state": b""}]
)
def test_a_row_that_is_no_event_hides_none_of_the_others(
    rows: Rows, desk: Any, broken: dict[str, Any]
) -> None:
    append(desk, rows.behind(0, 10)[1], **broken)
    assert faults(rows) == [[], [], ["Unreadable"]]
    assert rows.stored(rows.behind(2, 10)[0]).message is None


def test_a_text_of_another_note_does_not_open(rows: Rows, desk: Any) -> None:
    desk.send(Notes.write, WriteNote(id="b"), now=NOW)
    amended = rows.behind(0, 10)[1]
    stored = StoredEvent("b", 2, amended.stored.topic, bytes(amended.stored.state))
    append(desk, Row(stored), version=2)
    (last,) = rows.behind(3, 10)
    assert last.faults == ["Undecided", "SealBroken"]
    assert [item.fields for item in last.differences(4)] == [(), ("text",)]
