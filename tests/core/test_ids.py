"""An id names one thing; what a service composes is its own, also where an old store has something else there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from siko_contracts.access import Access
from siko_contracts.commands import Command
from siko_core.eventsourced import history as lost
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.eventsourced.application import Saved
from siko_core.eventsourced.history import History
from siko_core.eventsourced.ids import derived_id

from tests.core.batches import NOW, commit, job
from tests.core.toy import AmendNote, Note, Notes, WriteNote


class Register(Aggregate):
    TOPIC = "toy_register"

    class Opened(Created):
        TOPIC = "toy_register.opened"
        place: str

    class Entered(Aggregate.Event):
        TOPIC = "toy_register.entered"

    @staticmethod
    def create_id(place: str, **_: Any) -> str:
        return f"register:{place}"

    @event(Opened)
    def __init__(self, place: str, authority_id: str, id: str | None = None) -> None:  # noqa: A002 - the library's name
        self.place = place
        self.entries = 0

    @event(Entered)
    def enter(self) -> None:
        self.entries += 1


class Enter(Command):
    NAME = "enter"
    ACCESS = Access(free=("service",))
    place: str = "Köln"


def enter(notes: Notes, command: Enter) -> Saved:
    register = notes.find_or_make(Register, place=command.place, authority_id="pp-koeln")
    register.enter()
    return notes.save(register)


@pytest.fixture
def squat(desk: Any) -> Callable[[str], None]:
    """Something else gets this id, as it could when commands brought any id: those of the toy do still."""

    def by_a_note(taken: str) -> None:
        assert desk.send(Notes.write, WriteNote(id=taken), now=NOW).id == taken

    return by_a_note


def test_what_the_service_composes_is_made_once_under_its_id(desk):
    assert desk.send(enter, Enter(), now=NOW).id == "register:Köln"
    assert desk.send(enter, Enter()).version == 3


def test_where_something_else_has_a_composed_id_its_successor_stands_for_it(desk, squat, open_desk):
    squat("register:Köln")
    assert desk.send(enter, Enter()).id == "register:Köln.2"
    again = open_desk()
    assert again.send(enter, Enter()).version == 3
    register = again.application.find(Register, "register:Köln")
    assert (register.id, register.place, register.entries) == ("register:Köln.2", "Köln", 2)
    assert again.send(enter, Enter(place="Bonn")).id == "register:Bonn"


def test_what_has_a_composed_id_in_an_old_store_can_still_be_named(desk, squat):
    squat("register:Köln")
    desk.send(enter, Enter())
    assert desk.send(Notes.amend, AmendNote(note_id="register:Köln")).version == 2
    assert desk.application.find(Note, "register:Bonn") is None


def test_decisions_of_one_batch_agree_on_the_successor(desk, squat):
    squat("register:Köln")
    answers = commit(desk, *(job(desk, enter, Enter()) for _ in range(3)))
    assert [(answer.id, answer.version) for answer in answers] == [
        ("register:Köln.2", version) for version in (2, 3, 4)
    ]


def test_replicas_agree_on_the_successor(desk, squat, open_desk):
    squat("register:Köln")
    there = open_desk()
    assert there.send(enter, Enter()).version == 2
    assert desk.send(enter, Enter()).version == 3
    assert there.send(enter, Enter()).id == "register:Köln.2"


def test_an_id_is_given_once_whatever_it_names(desk):
    desk.send(enter, Enter(), now=NOW)
    desk.send(Notes.write, WriteNote(id="a"))
    for taken in ("a", "register:Köln"):
        error = desk.send(Notes.write, WriteNote(id=taken)).error
        assert (error.code, error.details) == ("AlreadyDone", {"field": "id", "id": taken})


def test_a_field_names_a_thing_of_its_own_class_and_no_other(desk):
    desk.send(enter, Enter(), now=NOW)
    desk.send(Notes.write, WriteNote(id="a"))
    assert desk.application.authority_of("note_id", "a") == "pp-koeln"
    assert desk.application.authority_of("note_id", "register:Köln") is None


def test_what_a_log_says_of_itself_is_its_own_too(desk, squat):
    def lose(notes: Notes, _: Command) -> Saved:
        lost.record(notes, History.Lost, first=5, last=6)
        return Saved("history:scheduler", 1)

    squat("history:scheduler")
    assert not lost.is_lost(desk.application, 5)
    desk.send(lose, Enter())
    assert [lost.is_lost(desk.application, position) for position in (4, 5, 6, 7)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_derived_id_is_a_uuid_of_a_version_that_no_command_brings():
    made = derived_id("plan", "pp-bonn", "area:Bonn", "2026")
    assert UUID(made).version == 8
    assert made == derived_id("plan", "pp-bonn", "area:Bonn", "2026")
    others = {derived_id("plan", "pp-bonn", "area:Bonn", str(year)) for year in range(2007, 2107)}
    assert len(others) == 100
    assert derived_id("a", "b") != derived_id("ab")
