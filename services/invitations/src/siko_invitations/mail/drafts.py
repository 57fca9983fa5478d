"""What a letter says, read from the log as it was when its handing over began: the same letter at every attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from siko_core.calendar import berlin_day
from siko_core.eventsourced.aggregates import fold
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.sealed import ERASED, Sealed
from siko_documents.layout import Block, Facts, Paragraph
from siko_documents.letters import (
    Addressee,
    Cancellation,
    Change,
    ForwardingRequest,
    Invitation,
    Letter,
    Reminder,
    SchoolOffice,
    Sender,
)
from siko_documents.letters import Meeting as Described
from siko_itip.mailboxes import Mailbox
from siko_itip.objects import Appointment, CalendarObject, cancel, request, sequence_of

from siko_invitations.application.letters import times_of
from siko_invitations.domain.correspondence import Correspondence, Pins
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.meeting import Meeting
from siko_invitations.domain.ruleset import NRW_2024_1

HEAD = "Die Behördenleitung"
PLACE_OPEN = "wird noch mitgeteilt"
NO_SENDER = "[Absenderpostfach fehlt]"
"""Stands in a preview only: without a sender no mail goes out."""


class Undeliverable(Exception):
    """No mail can be made of the letter, today or later; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WordedReminder(Reminder):
    """A reminder in the words of a secretariat; when and where the conference is stands in it all the same."""

    chosen_subject: str | None = None
    chosen_text: str | None = None

    @property
    def subject(self) -> str:
        return self.chosen_subject or super().subject

    def blocks(self) -> tuple[Block, ...]:
        if self.chosen_text is None:
            return super().blocks()
        said = (part.strip() for part in self.chosen_text.split("\n\n"))
        paragraphs = tuple(Paragraph(text=part) for part in said if part)
        facts = tuple(block for block in super().blocks() if isinstance(block, Facts))
        return (*paragraphs, *facts, self._how_to_answer())


@dataclass(frozen=True)
class Composed:
    """A letter and what is enclosed, for whatever way it goes. No mailbox: none is known that a mail could go by."""

    event_id: str
    """Of the event with which it was written."""
    first_event_id: str
    """Of the first letter of the correspondence that went out; its own, if it is that."""
    authority_id: str
    written_at: datetime
    sender: Mailbox | None
    recipient: Mailbox | None
    letter: Letter
    enclosed: Sequence[Letter]
    calendar: CalendarObject | None


@dataclass(frozen=True)
class Draft(Composed):
    """A letter that a mail can be made of: both mailboxes are known."""

    sender: Mailbox
    recipient: Mailbox


class Drafts:
    """Reads drafts from one application's log, beside the writer. It blocks."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self._recorder = application.recorder
        self._mapper = application.mapper
        self._keyring = application.keyring

    def draft(self, correspondence_id: str, number: int, pins: Pins) -> Draft:
        """Raises Undeliverable if a mail has no address to go from or to."""
        composed = self.composed(self._events(correspondence_id), number, pins)
        if composed.sender is None:
            raise Undeliverable("no_sender_address")
        if composed.recipient is None:
            raise Undeliverable("no_address")
        return Draft(**vars(composed))

    def composed(self, events: Sequence[Any], number: int, pins: Pins) -> Composed:
        """The letter of this number, among all events of its correspondence; they need not be stored."""
        written = [e for e in events if isinstance(e, Correspondence.LetterWritten)]
        begun = [e.number for e in events if isinstance(e, Correspondence.HandingOverBegun)]
        letter = next(e for e in written if e.number == number)
        went_out = [e for e in written if e.number <= number and (not begun or e.number in begun)]
        first = went_out[0] if went_out else letter
        sender, sender_box = self.sender(pins.authority, letter.authority_id)
        addressee, recipient = self._addressee(pins.addressee, letter.to_body_id)
        body, _ = self._body(pins.body)
        day = berlin_day(letter.metadata.recorded_at)
        common = {"sender": sender, "meeting": described(letter.meeting), "written_on": day}
        main, enclosed = _words(letter, first, common, addressee, body)
        if isinstance(main, Reminder):
            main = self._worded(main, letter)
        return Composed(
            event_id=letter.event_id,
            first_event_id=first.event_id,
            authority_id=letter.authority_id,
            written_at=letter.metadata.recorded_at,
            sender=sender_box,
            recipient=recipient,
            letter=main,
            enclosed=enclosed,
            calendar=_calendar(written, letter, sender_box, recipient),
        )

    def _worded(self, reminder: Reminder, letter: Correspondence.LetterWritten) -> Reminder:
        """With the words that a secretariat has chosen for it, if there are any."""
        if letter.reminded_by is None:
            return reminder
        _, events = self._up_to(letter.reminded_by)
        subject, text = (self._opened(events[-1], field) for field in ("subject", "text"))
        return WordedReminder(
            **{name: getattr(reminder, name) for name in Reminder.model_fields},
            chosen_subject=harmless(subject) if subject else None,
            chosen_text=text,
        )

    def _events(self, aggregate_id: str, last: int | None = None) -> list[Any]:
        stored = self._recorder.select_events(aggregate_id, lte=last)
        return [self._mapper.to_domain_event(event) for event in stored]

    def _up_to(self, event_id: str) -> tuple[Any, list[Any]]:
        """An aggregate as it was after this event, and its events."""
        aggregate_id, _, version = event_id.rpartition("@")
        events = self._events(aggregate_id, int(version))
        return fold(None, events), events

    def sender(self, event_id: str, authority_id: str) -> tuple[Sender, Mailbox | None]:
        """Who invites, as the authority was after this event, and its mailbox if one is set."""
        authority, events = self._up_to(event_id)
        senders = (e for e in reversed(events) if isinstance(e, KnownAuthority.SenderSet))
        box = None
        if sender := next(senders, None):
            box = _mailbox(self._opened(sender, "email"), self._opened(sender, "name"))
        name: str | None = authority.name or (box.name if box else None)
        return Sender(
            name=name or authority_id,
            email=box.email if box else NO_SENDER,
            signed_by=authority.head or HEAD,
        ), box

    def _body(self, event_id: str) -> tuple[KnownBody, KnownBody.ContactSet | None]:
        body, events = self._up_to(event_id)
        contacts = (e for e in reversed(events) if isinstance(e, KnownBody.ContactSet))
        return body, next(contacts, None)

    def _addressee(self, event_id: str, body_id: str) -> tuple[Addressee, Mailbox | None]:
        body, contact = self._body(event_id)
        description = body.description
        recipient = _mailbox(self._opened(contact, "email"), description.name)
        addressee = Addressee(
            body_id=body_id,
            body=description.name,
            function=description.leadership_function,
            name=self._opened(contact, "name"),
            salutation=self._opened(contact, "salutation"),
            email=recipient.email if recipient else None,
            postal_address=self._opened(contact, "postal_address") or (),
        )
        return addressee, recipient

    def _opened(self, event: Any, field: str) -> Any:
        """None where nothing stands there, or no more (R39)."""
        sealed: Sealed[Any] | None = getattr(event, field, None)
        if sealed is None:
            return None
        value = self._keyring.open(event.originator_id, field, sealed)
        return None if value is ERASED else value


def _mailbox(email: str | None, name: str | None) -> Mailbox | None:
    """None if there is no address. A name that a header cannot carry is left out: the address is what counts."""
    try:
        mailbox = Mailbox(email=email or "")
    except ValidationError:
        return None
    try:
        return Mailbox(email=mailbox.email, name=name)
    except ValidationError:
        return mailbox


def described(meeting: Meeting) -> Described:
    return Described(
        kind=meeting.kind,
        areas=meeting.areas,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place or PLACE_OPEN,
    )


def answer_by(written_on: date, starts_at: datetime) -> date:
    """Last day for an answer: so many days before the conference, and never before the letter's own day."""
    return max(written_on, berlin_day(starts_at) - timedelta(days=NRW_2024_1.answer_days))


def _words(
    letter: Correspondence.LetterWritten,
    first: Correspondence.LetterWritten,
    common: dict[str, Any],
    addressee: Addressee,
    body: KnownBody,
) -> tuple[Letter, Sequence[Letter]]:
    """The letter itself, and the letters that are enclosed with it."""
    day = common["written_on"]
    common = common | {"addressee": addressee}
    asked = {"answer_by": answer_by(day, letter.meeting.starts_at)}
    invited_on = {"invited_on": berlin_day(first.metadata.recorded_at)}
    match letter.kind:
        case "invitation":
            return Invitation(**common, **asked), ()
        case "change":
            before = described(letter.before or letter.meeting)
            return Change(**common, **asked, **invited_on, before=before), ()
        case "cancellation":
            return Cancellation(**common, cause=letter.cause or "withdrawn"), ()
        case "reminder":
            return Reminder(**common, **asked, **invited_on), ()
        case "forwarding_request":
            description = body.description
            office = SchoolOffice(
                name=description.name,
                function=description.leadership_function,
                areas=letter.meeting.areas and description.areas,
            )
            forwarded = Addressee(
                body_id=letter.body_id,
                body=description.name,
                function=description.leadership_function,
                via=addressee.body,
            )
            main = ForwardingRequest(
                **common, forward_by=asked["answer_by"], school_offices=(office,)
            )
            return main, (Invitation(**common | {"addressee": forwarded}, **asked),)


def _calendar(
    written: Sequence[Correspondence.LetterWritten],
    letter: Correspondence.LetterWritten,
    organizer: Mailbox | None,
    attendee: Mailbox | None,
) -> CalendarObject | None:
    """None where a body gets it by an intermediary, where the end is unknown, and without mailboxes."""
    times = times_of(letter.meeting)
    if times is None or letter.to_body_id != letter.body_id:
        return None
    if organizer is None or attendee is None:
        return None
    editions = [
        None if each.kind == "cancellation" else times_of(each.meeting)
        for each in written
        if each.number <= letter.number
    ]
    appointment = Appointment(
        conference_id=letter.conference_id,
        body_id=letter.body_id,
        kind=letter.meeting.kind,
        times=times,
        place=harmless(letter.meeting.place or PLACE_OPEN),
        sequence=sequence_of(editions),
        stamp=letter.metadata.recorded_at,
        organizer=organizer,
        attendee=attendee,
    )
    return cancel(appointment) if letter.kind == "cancellation" else request(appointment)


def harmless(place: str) -> str:
    """A place may be older than the rule that no text holds `=?`, which headers read as other characters."""
    return place.replace("=?", "= ?")
