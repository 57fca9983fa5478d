"""Invitations as calendar objects: REQUEST and CANCEL of one conference for one body (RFC 5546), made from data alone."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from icalendar import Calendar, Event, vCalAddress, vText
from siko_contracts.values import Id, Kind, Moment, Position, Value
from siko_core.calendar import BERLIN

from siko_itip.berlin_zone import VTIMEZONE
from siko_itip.mailboxes import HeaderName, Mailbox

SUMMARIES = {"siko": "Sicherheitskonferenz", "siko_ap": "Siko-AP"}
"""Neutral: no area, no topic."""
PRODUCT = "-//siko//siko-itip//DE"
UID_DOMAIN = "@siko"
Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Partstat = Literal["NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED", "DELEGATED"]


class Times(Value):
    """When a conference begins and ends: what is material, for a calendar asks anew where it changes."""

    starts_at: Moment
    ends_at: Moment


class Entry(Value):
    """One conference in a calendar.

    `stamp`: when this edition came to be, from the event that made it. `sequence`: see `sequence_of`.
    `organizer`: the mailbox that reads the replies.
    """

    conference_id: Id
    kind: Kind
    times: Times
    place: HeaderName
    sequence: Position
    stamp: Moment
    organizer: Mailbox


class Appointment(Entry):
    """One conference in the calendar of one body; `attendee`: the body's mailbox, alone."""

    body_id: Id
    attendee: Mailbox
    partstat: Partstat = "NEEDS-ACTION"


class CalendarObject(NamedTuple):
    """`content` holds the same method as `content_type`, which is the header of the mail's part (RFC 6047)."""

    method: Method
    content: bytes

    @property
    def content_type(self) -> str:
        return f"text/calendar; method={self.method}; charset=utf-8"


def uid_of(conference_id: str, body_id: str) -> str:
    """The object's name in every calendar, for ever the same; ids hold neither dot nor `@`."""
    return f"{conference_id}.{body_id}{UID_DOMAIN}"


def ids_in(uid: str) -> tuple[str, str] | None:
    """Conference and body that a UID names; None if it is none of ours."""
    ids = uid.removesuffix(UID_DOMAIN).split(".")
    if not uid.endswith(UID_DOMAIN) or len(ids) != 2 or not all(ids):  # noqa: PLR2004 - a conference and a body
        return None
    return ids[0], ids[1]


def sequence_of(editions: Sequence[Times | None]) -> int:
    """The SEQUENCE of the last of all editions that a body was sent, oldest first; None stands for a CANCEL.

    It rises where times change, with a cancellation and with an invitation after one; another room changes nothing.
    No reply has a part in it.
    """
    return sum(before != after for before, after in pairwise(editions))


def request(appointment: Appointment) -> CalendarObject:
    """Invite, or update what was invited before: the same UID with a higher sequence replaces the older edition."""
    return _of_a_body("REQUEST", appointment, "CONFIRMED")


def cancel(appointment: Appointment) -> CalendarObject:
    """Take the appointment out of the body's calendar."""
    return _of_a_body("CANCEL", appointment, "CANCELLED")


def publish(entry: Entry, *, takes_place: bool) -> CalendarObject:
    """For the calendar of the authority itself: nobody is asked, and nobody can answer to its UID."""
    status = "CONFIRMED" if takes_place else "CANCELLED"
    return _object("PUBLISH", _event(entry, entry.conference_id + UID_DOMAIN, status))


def _of_a_body(method: Method, appointment: Appointment, status: str) -> CalendarObject:
    event = _event(appointment, uid_of(appointment.conference_id, appointment.body_id), status)
    attendee = _address(appointment.attendee)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(appointment.partstat)
    attendee.params["RSVP"] = vText("TRUE" if method == "REQUEST" else "FALSE")
    event.add("attendee", attendee)
    return _object(method, event)


def _event(entry: Entry, uid: str, status: str) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", entry.stamp)
    _add_time(event, "dtstart", entry.times.starts_at)
    _add_time(event, "dtend", entry.times.ends_at)
    event.add("sequence", entry.sequence)
    event.add("summary", SUMMARIES[entry.kind])
    event.add("location", entry.place)
    event.add("status", status)
    event.add("class", "CONFIDENTIAL")
    event.add("organizer", _address(entry.organizer))
    return event


def _object(method: Method, event: Event) -> CalendarObject:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(VTIMEZONE)
    calendar.add_component(event)
    return CalendarObject(method, calendar.to_ical())


def _add_time(event: Event, name: str, moment: Moment) -> None:
    """In Berlin's time; in UTC in the hour that an October night has twice, which no zone's name can tell apart."""
    local = moment.astimezone(BERLIN)
    is_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    event.add(name, moment if is_twice else local)


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{mailbox.email}")
    if mailbox.name:
        address.params["CN"] = vText(mailbox.name)
    return address
