"""What a calendar answers: a REPLY or COUNTER read into plain data, or refused by name. The file is a stranger's."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Literal

from icalendar import Calendar, Event
from pydantic import TypeAdapter, ValidationError
from siko_contracts.characters import LINE, LINES, too_marked
from siko_contracts.values import MOST_CHARACTERS, Moment, Position, Value
from siko_core.refusals import Refused

from siko_itip.mailboxes import MailAddress
from siko_itip.objects import Times, ids_in

MOST_BYTES = 256 * 1024
MOST_ATTENDEES = 20
MOST_COMPONENTS = 20
"""Time zones with their rules, the event, an alarm: parsers fail where components nest without end."""
MOST_NAME = 300
FOLD = re.compile(rb"\r?\n[ \t]")
"""Within a line; it may split a character of several bytes, so it is taken out before bytes become text."""
ATTENDEE = re.compile(rb"^ATTENDEE[;:]", re.IGNORECASE | re.MULTILINE)
BEGIN = re.compile(rb"^BEGIN:", re.IGNORECASE | re.MULTILINE)
RECURRING = ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")

Answer = Literal["accepted", "tentative", "declined", "delegated"]
ANSWERS: dict[str, Answer] = {
    "ACCEPTED": "accepted",
    "TENTATIVE": "tentative",
    "DECLINED": "declined",
    "DELEGATED": "delegated",
}
Reason = Literal[
    "too_large",
    "encoding",
    "no_mail",
    "no_calendar",
    "no_reply",
    "several_events",
    "recurring",
    "foreign_uid",
    "too_many_attendees",
    "several_attendees",
    "no_attendee",
    "no_answer",
    "no_delegate",
    "no_stamp",
    "no_sequence",
    "no_time",
]


class ReplyRefused(Refused):
    """The file is no answer to an invitation of ours; details: reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"no answer to an invitation of ours: {reason}", reason=reason)
        self.reason: Reason = reason


class Delegate(Value):
    """Whom the attendee sends instead."""

    email: MailAddress
    name: str | None = None


class Reply(Value):
    """An answer as the calendar gave it; whether it counts is for who knows the invitation to say.

    A COUNTER is a tentative answer with the `proposal` of another time.
    """

    method: Literal["REPLY", "COUNTER"]
    conference_id: str
    body_id: str
    attendee: MailAddress
    answer: Answer
    delegate: Delegate | None = None
    comment: str | None = None
    proposal: Times | None = None
    sequence: Position
    """That of the edition which it answers, as the calendar says; never one of ours comes from it."""
    stamp: Moment


def read_reply(raw: bytes, charset: str = "utf-8") -> Reply:
    """Read a REPLY or COUNTER of one event. `charset`: of the mail's part. Raises ReplyRefused, and nothing else.

    It may compute for tenths of a second: call it beside the event loop.
    """
    try:
        return _read(_parse(raw, charset))
    except ReplyRefused:
        raise
    except Exception as error:  # a stranger's file: the parser fails in every way
        raise ReplyRefused("no_calendar") from error


def _parse(raw: bytes, charset: str) -> Calendar:
    if len(raw) > MOST_BYTES:
        raise ReplyRefused("too_large")
    unfolded = FOLD.sub(b"", raw.removeprefix(b"\xef\xbb\xbf"))
    try:
        text = unfolded.decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise ReplyRefused("encoding") from error
    encoded = text.encode()  # UTF-16 too has its lines counted
    if len(ATTENDEE.findall(encoded)) > MOST_ATTENDEES:
        raise ReplyRefused("too_many_attendees")
    if len(BEGIN.findall(encoded)) > MOST_COMPONENTS:
        raise ReplyRefused("several_events")
    calendar = Calendar.from_ical(text)
    if not isinstance(calendar, Calendar):
        raise ReplyRefused("no_calendar")
    return calendar


def _read(calendar: Calendar) -> Reply:
    method = str(calendar.get("method", "")).upper()
    if method not in {"REPLY", "COUNTER"}:
        raise ReplyRefused("no_reply")
    event = _only_event(calendar)
    ids = ids_in(str(event.get("uid", "")))
    if ids is None:
        raise ReplyRefused("foreign_uid")
    attendee = _attendee(event)
    partstat = str(attendee.params.get("PARTSTAT", "")).upper()
    answer = "tentative" if method == "COUNTER" else ANSWERS.get(partstat)
    if answer is None:
        raise ReplyRefused("no_answer")
    return Reply.model_validate(
        {
            "method": method,
            "conference_id": ids[0],
            "body_id": ids[1],
            "attendee": _email(attendee),
            "answer": answer,
            "delegate": _delegate(event, attendee) if answer == "delegated" else None,
            "comment": _comment(event),
            "proposal": _proposal(event) if method == "COUNTER" else None,
            "sequence": _sequence(event),
            "stamp": _stamp(event),
        }
    )


def _only_event(calendar: Calendar) -> Event:
    events = [part for part in calendar.walk() if part.name not in OTHER_PARTS]
    if len(events) > 1:
        raise ReplyRefused("several_events")
    if not events or not isinstance(events[0], Event):
        raise ReplyRefused("no_calendar")
    if any(name in events[0] for name in RECURRING):
        raise ReplyRefused("recurring")
    return events[0]


OTHER_PARTS = {"VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VALARM"}


def _listed(value: Any) -> list[Any]:
    """A property that the parser has none, one or a list of."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _attendee(event: Event) -> Any:
    """Who replies: the only attendee, or the one who delegates."""
    attendees = _listed(event.get("attendee"))
    if not attendees:
        raise ReplyRefused("no_attendee")
    delegating = [each for each in attendees if "DELEGATED-TO" in each.params]
    replying = delegating if len(attendees) > 1 else attendees
    if len(replying) != 1:
        raise ReplyRefused("several_attendees")
    return replying[0]


def _email(address: Any) -> str:
    """Raises ReplyRefused if it is no mail address: `mailto:` is left out, the domain is in small letters."""
    text = re.sub("^mailto:", "", str(address).strip(), flags=re.IGNORECASE)
    try:
        email: str = ADDRESS.validate_python(text)
    except ValidationError as error:
        raise ReplyRefused("no_attendee") from error
    return email


ADDRESS: TypeAdapter[str] = TypeAdapter(MailAddress)


def _delegate(event: Event, attendee: Any) -> Delegate:
    """RFC 5546, 3.2.2.3: the address is in DELEGATED-TO, the name with the delegate's own line, if there is one."""
    named = _listed(attendee.params.get("DELEGATED-TO"))
    if len(named) != 1:
        raise ReplyRefused("no_delegate")
    email = _email(named[0])
    own = [each for each in _listed(event.get("attendee")) if _email(each) == email]
    names = [
        _tidied(str(each.params["CN"]), LINE)[:MOST_NAME] for each in own if "CN" in each.params
    ]
    return Delegate(email=email, name=(names or [""])[0] or None)


def _comment(event: Event) -> str | None:
    comments = "\n".join(str(each) for each in _listed(event.get("comment")))
    return tidied_lines(comments) or None


def tidied_lines(text: str) -> str:
    """A stranger's text as texts of commands must be, cut where it is too long."""
    return _tidied(text.replace("\r\n", "\n"), LINES)[:MOST_CHARACTERS]


def _tidied(text: str, unseen: re.Pattern[str]) -> str:
    """In NFC and without what nobody sees, as texts of commands must be."""
    seen = unseen.sub("", text).strip()
    if too_marked(seen) is not None:
        seen = "".join(each for each in seen if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", seen)


def _proposal(event: Event) -> Times:
    starts_at, ends_at = _moment(event, "dtstart"), _moment(event, "dtend")
    if starts_at is None or ends_at is None:
        raise ReplyRefused("no_time")
    return Times(starts_at=starts_at, ends_at=ends_at)


def _stamp(event: Event) -> datetime:
    stamp = _moment(event, "dtstamp")
    if stamp is None:
        raise ReplyRefused("no_stamp")
    return stamp


def _moment(event: Event, name: str) -> datetime | None:
    """A time with its zone; None for a day, a floating time or nothing."""
    value = getattr(event.get(name), "dt", None)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return None


def _sequence(event: Event) -> int:
    sequence = int(event.get("sequence", 0))
    if not 0 <= sequence < 2**31:
        raise ReplyRefused("no_sequence")
    return sequence
