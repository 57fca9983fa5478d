"""Attendance: who is invited to a conference, whom it announced, who came and at which level (R11)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

from siko_contracts.events.invitations import (
    AttendanceCorrected,
    AttendanceRecorded,
    DeputyNamed,
    InvitationAccepted,
    InvitationDeclined,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationTentativelyAccepted,
    InvitationWithdrawn,
    ResponseInvalidated,
)
from siko_contracts.queries.reporting import Attendance, AttendanceItem

from siko_reporting.views.base import Document, Visibility, asked_for
from siko_reporting.views.dates import DATED, DatedFact, date_of, is_in_year
from siko_reporting.views.invitations import ANSWER_AFTER

NAME = "attendance"
EVENTS = (
    *DATED,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationAccepted,
    InvitationTentativelyAccepted,
    InvitationDeclined,
    DeputyNamed,
    ResponseInvalidated,
    InvitationWithdrawn,
    AttendanceRecorded,
    AttendanceCorrected,
)
KEYED_BY = "conference_id"
ORDER = ("conference_id", "body_id")
INITIAL: Document = {"rows": {}}
DESCRIBED = {"conference_id", "body_id", "category", "areas", "via"}

AttendanceFact = (
    InvitationSent
    | InvitationSentToIntermediary
    | InvitationAccepted
    | InvitationTentativelyAccepted
    | InvitationDeclined
    | DeputyNamed
    | ResponseInvalidated
    | InvitationWithdrawn
    | AttendanceRecorded
    | AttendanceCorrected
)


def key(event: DatedFact | AttendanceFact) -> str:
    """One document holds the attendance of one conference, by body."""
    return event.conference_id


def evolve(document: Document, event: DatedFact | AttendanceFact) -> Document:
    if isinstance(event, DATED):
        return {**document, **date_of(event)}
    rows: dict[str, Document] = document["rows"]
    if isinstance(event, InvitationWithdrawn):
        kept = {body_id: row for body_id, row in rows.items() if body_id != event.body_id}
        return {**document, "rows": kept}
    row = rows.get(event.body_id) or _new(event)
    return {**document, "rows": {**rows, event.body_id: {**row, **_change(row, event)}}}


def _new(event: AttendanceFact) -> Document:
    item = AttendanceItem(conference_id=event.conference_id, body_id=event.body_id)
    return item.model_dump(mode="json")


def _change(row: Document, event: AttendanceFact) -> Document:
    match event:
        case InvitationSent() | InvitationSentToIntermediary():
            return event.model_dump(mode="json", include=DESCRIBED)
        case DeputyNamed():
            return {"answer": ANSWER_AFTER[DeputyNamed], "announced_level": event.level}
        case (
            InvitationAccepted()
            | InvitationTentativelyAccepted()
            | InvitationDeclined()
            | ResponseInvalidated()
        ):
            return {"answer": ANSWER_AFTER[type(event)], "announced_level": None}
        case AttendanceRecorded():  # a correction too
            corrections = row["corrections"] + isinstance(event, AttendanceCorrected)
            present = {"attended": event.attended, "level": event.level}
            return {**present, "corrections": corrections, "evidence": event.event_id}
        case InvitationWithdrawn():
            return {}
        case _:
            assert_never(event)


def _open_to(document: Document, body_id: str) -> dict[str, Document]:
    """The body's own row and those of bodies that it forwards invitations to."""
    rows: dict[str, Document] = document.get("rows", {})
    return {at: row for at, row in rows.items() if body_id in {at, row["via"]}}


def _part(document: Document, now: Document, body_id: str) -> Document:
    then, still = _open_to(document, body_id), _open_to(now, body_id)
    return {**document, "rows": {at: row for at, row in then.items() if at in still}}


VISIBLE = Visibility("its conferences", invited_body=_part)


def items(
    documents: Iterable[Document], query: Attendance, _: date | None
) -> Iterator[AttendanceItem]:
    for document in documents:
        dated = {name: document[name] for name in ("authority_id", "starts_at") if name in document}
        for row in document["rows"].values():
            item = AttendanceItem.model_validate({**row, **dated})
            fields = ("authority_id", "conference_id", "body_id", "attended", "level")
            if is_in_year(item.starts_at, query.year) and asked_for(item, query, *fields):
                yield item
