"""A service in small for core's own tests: notes are written, amended, referred to and withdrawn."""

from collections.abc import Sequence
from datetime import datetime
from functools import singledispatch
from typing import ClassVar

from siko_contracts.access import SECRETARIAT, Access
from siko_contracts.commands import Command, Effective
from siko_contracts.events import Event
from siko_contracts.events.invitations import BodyRemoved
from siko_contracts.events.scheduler import ConferenceCancelled
from siko_contracts.values import Finding, Id, Moment, Name, Slug, Text
from siko_core.eventsourced.aggregates import LARGEST_EVENT, Aggregate, Created, event
from siko_core.eventsourced.application import EventSourcedApplication, Saved, ensure_reason
from siko_core.publishing import Contracts, as_contract
from siko_core.refusals import AlreadyDone, Refused
from siko_core.sealed import Sealed
from siko_core.write_service import WriteService
from siko_core.writer.reactions import ignore


class NoteWithdrawn(Refused):
    """The note is withdrawn."""


class Note(Aggregate):
    TOPIC = "toy_note"

    class Written(Created):
        TOPIC = "toy_note.written"
        place: str

    class Amended(Aggregate.Event):
        TOPIC = "toy_note.amended"
        text: Sealed[str] | None

    class Referred(Aggregate.Event):
        TOPIC = "toy_note.referred"
        to: str

    class Withdrawn(Aggregate.Event):
        TOPIC = "toy_note.withdrawn"

    @event(Written)
    def __init__(self, id: str, authority_id: str, place: str) -> None:  # noqa: A002
        self.place = place
        self.amendments = 0
        self.is_withdrawn = False

    def ensure_valid(self) -> None:
        if self.is_withdrawn:
            raise NoteWithdrawn(id=self.id)

    def amend(self, text: Sealed[str] | None) -> None:
        self.ensure_valid()
        self._amended(text)

    @event(Amended)
    def _amended(self, text: Sealed[str] | None) -> None:
        self.amendments += 1

    def refer(self, to: str) -> None:
        self.ensure_valid()
        self._referred(to)

    @event(Referred)
    def _referred(self, to: str) -> None:
        """Changes no state."""

    def withdraw(self) -> None:
        self.ensure_valid()
        self._withdrawn()

    @event(Withdrawn)
    def _withdrawn(self) -> None:
        self.is_withdrawn = True


class Tally(Aggregate):
    """What was heard from another service, in the order in which it was heard."""

    TOPIC = "toy_tally"

    class Begun(Created):
        TOPIC = "toy_tally.begun"

    class Counted(Aggregate.Event):
        TOPIC = "toy_tally.counted"
        heard: str

    @event(Begun)
    def __init__(self, id: str) -> None:  # noqa: A002
        self.heard: tuple[str, ...] = ()

    @event(Counted)
    def count(self, heard: str) -> None:
        self.heard = (*self.heard, heard)


OF_NOTE = Access(own=SECRETARIAT, names=("note_id",))


class WriteNote(Effective):
    NAME = "write_note"
    ACCESS = Access(own=SECRETARIAT, names=("authority_id",))
    id: Id | None = None
    """Short, for the tests' sake."""
    authority_id: Slug = "pp-koeln"
    place: Name = "Köln"
    written_at: Moment | None = None


class AmendNote(Effective):
    NAME = "amend_note"
    ACCESS = OF_NOTE
    note_id: Id
    text: Text | None = None
    """Sealed."""


class ReferToNote(Command):
    NAME = "refer_to_note"
    ACCESS = OF_NOTE
    note_id: Id
    to_note_id: Id


class WithdrawNote(Effective):
    NAME = "withdraw_note"
    ACCESS = OF_NOTE
    note_id: Id


class Misdo(Command):
    """Ends in one of the ways in which a decision with a mistake in it ends."""

    NAME = "misdo"
    ACCESS = OF_NOTE
    note_id: Id
    how: str


class Notes(EventSourcedApplication):
    name = "scheduler"
    NAMED: ClassVar = {"note_id": (Note, str)}

    def write(self, command: WriteNote) -> Saved:
        note_id = self.id_for(command)
        if self.find(Note, note_id):
            raise AlreadyDone(id=note_id)
        note = Note(id=note_id, authority_id=command.authority_id, place=command.place)
        return self.save(note)

    def amend(self, command: AmendNote) -> Saved:
        note = self.get(Note, command.note_id, "note_id")
        findings = [Finding(code="AmendedOften", rule="T1")] if note.amendments > 1 else []
        ensure_reason(findings, command.override_reason)
        note.amend(self.seal(note.id, "text", command.text))
        return self.save(note, findings=findings)

    def refer(self, command: ReferToNote) -> Saved:
        """Rests on a note that it does not change."""
        note = self.get(Note, command.note_id, "note_id")
        self.get(Note, command.to_note_id, "to_note_id").ensure_valid()
        note.refer(command.to_note_id)
        return self.save(note)

    def withdraw(self, command: WithdrawNote) -> Saved:
        note = self.get(Note, command.note_id, "note_id")
        if note.is_withdrawn:
            return self.save(note)
        note.withdraw()
        return self.save(note)

    def misdo(self, command: Misdo) -> Saved:
        note = self.get(Note, command.note_id, "note_id")
        note.amend(None)
        match command.how:
            case "raise before the save":
                raise ZeroDivisionError
            case "refuse after the save":
                self.save(note)
                raise NoteWithdrawn
            case "raise after the save":
                self.save(note)
                raise ZeroDivisionError
            case "not save":
                return self.save(
                    Note(id=self.id_for(command), authority_id="pp-koeln", place="Köln")
                )
            case "save what cannot be stored":
                note.refer("\ud800")
                return self.save(note)
            case "save what is too large":
                note.refer("x" * LARGEST_EVENT)
                return self.save(note)
            case "write over another":
                return self.save(note, Note(id="taken", authority_id="pp-koeln", place="Köln"))
        raise AssertionError(command.how)


CONTRACTS: Contracts = {
    Note.Withdrawn: as_contract(ConferenceCancelled, conference_id="originator_id"),
}


class Follows(EventSourcedApplication):
    """Counts what it hears; can be made to stumble a number of times."""

    name = "invitations"
    stumbles = 0


@singledispatch
def count(event: Event, follows: Follows) -> None:
    tally = follows.find(Tally, "tally") or Tally(id="tally")
    tally.count(event.event_id)
    follows.save(tally)
    if follows.stumbles > 0:
        follows.stumbles -= 1
        raise NoteWithdrawn


@count.register
def _(event: BodyRemoved, follows: Follows) -> None:
    """Its own stream's; never heard here."""
    raise AssertionError(event)


COMMANDS = {
    WriteNote: Notes.write,
    AmendNote: Notes.amend,
    ReferToNote: Notes.refer,
    WithdrawNote: Notes.withdraw,
    Misdo: Notes.misdo,
}


def notes_service(follows: Sequence[str] = ()) -> WriteService[Notes]:
    return WriteService(Notes, CONTRACTS, commands=COMMANDS, follows=follows, policy=ignore)


def following_service() -> WriteService[Follows]:
    return WriteService(Follows, {}, commands={}, follows=("scheduler",), policy=count)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


if __name__ == "__main__":
    notes_service().main()
