"""Answers what a conference's bodies are written, before the release as after: composed as for a mail, and never sent."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from siko_contracts.queries.base import Query
from siko_contracts.queries.invitations import (
    AttendanceSheet,
    Calendar,
    CalendarItem,
    Document,
    LetterItem,
    Letters,
    LetterState,
)
from siko_contracts.values import Channel, Finding
from siko_core import cursors
from siko_core.calendar import berlin_day
from siko_core.requests.history import EventLog
from siko_core.requests.texts import LARGEST_PAGE, Page
from siko_core.write_service import Read
from siko_documents.attendance import AttendanceSheet as Sheet
from siko_documents.attendance import Expected
from siko_documents.letters import Letter
from siko_itip.objects import CalendarObject, Entry, Times, publish, sequence_of

from siko_invitations.application.letters import times_of
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.mail.conference import Conference, Written
from siko_invitations.mail.drafts import PLACE_OPEN, Composed, described, harmless

PLACED = (InvitationList.Derived, InvitationList.Renewed)
OFF = (InvitationList.Postponed, InvitationList.Cancelled)
COMING = {"ACCEPTED": "Zusage", "TENTATIVE": "unter Vorbehalt", "DECLINED": "Absage"}


def letters(log: EventLog, query: Letters, now: datetime) -> Page:
    """A page of the letters that were written, and of those that the release of the list would write."""
    conference = Conference.find(log, query.conference_id, query.as_of, now)
    if conference is None:
        return Page([])
    begin = cursors.sort_key(query.cursor) if query.cursor else []
    items: list[LetterItem] = []
    size, last = 0, begin
    for place, written in _behind(conference, begin):
        item = _item(conference, place[0], written)
        size += len(item.model_dump_json().encode())
        if items and (len(items) == query.limit or size > LARGEST_PAGE):
            return Page(items, cursors.of_sort_key(last))
        items.append(item)
        last = place
    return Page(items)


def _behind(conference: Conference, begin: list[str]) -> Iterator[tuple[list[str], Written]]:
    """Each letter with its place in the order of the answer, behind that of the page before."""
    for body_id in conference.body_ids:
        if [body_id] >= begin[:1]:
            for written in conference.written_to(body_id):
                place = [body_id, f"{written.letter.number:09d}"]
                if place > begin:
                    yield place, written


def _item(conference: Conference, body_id: str, written: Written) -> LetterItem:
    composed = conference.composed(written)
    invitation, to_body_id = conference.invitation(body_id), written.letter.to_body_id
    findings = list(composed.letter.findings())
    if composed.sender is None:
        findings.append(Finding(code="NoSender", rule="contact"))
    return LetterItem(
        conference_id=conference.list.conference_id,
        body_id=body_id,
        via=None if to_body_id == body_id else to_body_id,
        number=written.letter.number,
        kind=written.letter.kind,
        state=_state(written),
        written_at=composed.written_at if written.is_stored else None,
        letter=composed.event_id if written.is_stored else None,
        function=composed.letter.addressee.function,
        channel=_channel(composed),
        carried_by=sorted(invitation.handed_over) if invitation else [],
        title=composed.letter.subject,
        findings=findings,
        documents=[_document(letter) for letter in (composed.letter, *composed.enclosed)],
    )


def _state(written: Written) -> LetterState:
    status = written.letter.status
    if not written.is_stored:
        return "drafted"
    if status == "withheld" or (status == "due" and not written.may_go):
        return "void"
    return status


def _channel(composed: Composed) -> Channel | None:
    if composed.recipient is not None:
        return "mail"
    return "letter" if composed.letter.addressee.postal_address else None


def _document(letter: Letter) -> Document:
    page = letter.page().model_dump(mode="json")
    return Document(file_name=letter.FILE_NAME, template="letter", page=page)


def attendance_sheet(log: EventLog, query: AttendanceSheet, now: datetime) -> Sequence[Document]:
    """The sheet as of now; none while nobody is on the list."""
    conference = Conference.find(log, query.conference_id, query.as_of, now)
    if conference is None or not conference.list.bodies:
        return []
    sender, _ = conference.sender()
    sheet = Sheet(
        sender=sender,
        meeting=described(conference.list.meeting),
        written_on=berlin_day(conference.now),
        bodies=tuple(_expected(conference, body_id) for body_id in conference.list.bodies),
    )
    page = sheet.page().model_dump(mode="json")
    return [Document(file_name=sheet.FILE_NAME, template="attendance", page=page)]


def _expected(conference: Conference, body_id: str) -> Expected:
    description = conference.body(body_id).description
    return Expected(
        body=description.name,
        function=description.leadership_function,
        coming=_coming(conference.invitation(body_id)),
    )


def _coming(invitation: Invitation | None) -> str | None:
    """A deputy by function: the sheet lies open on a table, and names are written on it by those who come."""
    if invitation is None:
        return None
    if invitation.deputy is not None:
        return f"Vertretung: {invitation.deputy.function}"
    return COMING.get(invitation.answer)


def calendar(log: EventLog, query: Calendar, now: datetime) -> Sequence[CalendarItem]:
    """The body's file is that of its last letter. There is none without an end, a sender, or a body's mail address."""
    conference = Conference.find(log, query.conference_id, query.as_of, now)
    if conference is None:
        return []
    made = _of_a_body(conference, query.body_id) if query.body_id else _own(conference)
    if made is None:
        return []
    item = CalendarItem(
        conference_id=query.conference_id,
        body_id=query.body_id,
        method=made.method,
        content=made.content.decode(),
    )
    return [item]


def _of_a_body(conference: Conference, body_id: str) -> CalendarObject | None:
    if body_id not in conference.body_ids:
        return None
    sensible = [w for w in conference.written_to(body_id) if _state(w) != "void"]
    return conference.composed(sensible[-1]).calendar if sensible else None


def _own(conference: Conference) -> CalendarObject | None:
    meeting = conference.list.meeting
    times, (_, organizer) = times_of(meeting), conference.sender()
    if times is None or organizer is None:
        return None
    editions = [event for event in conference.events if isinstance(event, (*PLACED, *OFF))]
    entry = Entry(
        conference_id=conference.list.conference_id,
        kind=meeting.kind,
        times=times,
        place=harmless(meeting.place or PLACE_OPEN),
        sequence=sequence_of([_times(event) for event in editions]),
        stamp=editions[-1].metadata.recorded_at,
        organizer=organizer,
    )
    return publish(entry, takes_place=not isinstance(editions[-1], OFF))


def _times(event: Any) -> Times | None:
    if isinstance(event, OFF) or event.ends_at is None:
        return None
    return Times(starts_at=event.starts_at, ends_at=event.ends_at)


ANSWERS: Mapping[type[Query], Read] = {
    Letters: letters,
    AttendanceSheet: attendance_sheet,
    Calendar: calendar,
}
"""What the service answers by these functions."""
