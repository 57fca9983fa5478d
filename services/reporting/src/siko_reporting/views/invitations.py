"""Who is invited to a conference, which way, what they answered and who came (R11, R12, R14)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

from siko_contracts.events import Event
from siko_contracts.events.invitations import (
    AnswerLinkIssued,
    AnswerLinksRevoked,
    AttendanceCorrected,
    AttendanceRecorded,
    BodyAdded,
    BodyRemoved,
    DeputyNamed,
    ForwardingOverdue,
    ForwardingReopened,
    HandedOver,
    InvitationAccepted,
    InvitationDeclined,
    InvitationForwarded,
    InvitationListDerived,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationTentativelyAccepted,
    InvitationWithdrawn,
    ReminderSent,
    ResponseInvalidated,
)
from siko_contracts.queries.reporting import InvitationItem, Invitations
from siko_contracts.values import CompetentBody

from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "invitations"
EVENTS = (
    InvitationListDerived,
    BodyAdded,
    BodyRemoved,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationForwarded,
    ForwardingReopened,
    ForwardingOverdue,
    HandedOver,
    ReminderSent,
    InvitationAccepted,
    InvitationTentativelyAccepted,
    InvitationDeclined,
    DeputyNamed,
    ResponseInvalidated,
    AnswerLinkIssued,
    AnswerLinksRevoked,
    InvitationWithdrawn,
    AttendanceRecorded,
    AttendanceCorrected,
)
KEYED_BY = "conference_id"
ORDER = ("conference_id", "body_id")
INITIAL: Document = {"invitations": {}}
NOT_INVITED = ("DRAFTED", "WITHDRAWN")
DISPATCHED = {"category", "areas", "via"}
ANSWER_AFTER: dict[type[Event], str] = {
    InvitationAccepted: "ACCEPTED",
    InvitationTentativelyAccepted: "TENTATIVE",
    InvitationDeclined: "DECLINED",
    DeputyNamed: "DEPUTY_NAMED",
    ResponseInvalidated: "OPEN",
}
ALWAYS: dict[type[Event], Document] = {
    AnswerLinkIssued: {"answer_link": "issued"},
    AnswerLinksRevoked: {"answer_link": "revoked"},
    InvitationWithdrawn: {"state": "WITHDRAWN"},
}
"""What an event changes that always changes the same."""

ListFact = InvitationListDerived | BodyAdded | BodyRemoved
InvitationFact = (
    InvitationSent
    | InvitationSentToIntermediary
    | InvitationForwarded
    | ForwardingReopened
    | ForwardingOverdue
    | HandedOver
    | ReminderSent
    | InvitationAccepted
    | InvitationTentativelyAccepted
    | InvitationDeclined
    | DeputyNamed
    | ResponseInvalidated
    | AnswerLinkIssued
    | AnswerLinksRevoked
    | InvitationWithdrawn
    | AttendanceRecorded
    | AttendanceCorrected
)


def key(event: ListFact | InvitationFact) -> str:
    """One document holds the invitations of one conference, by body."""
    return event.conference_id


def evolve(document: Document, event: ListFact | InvitationFact) -> Document:
    rows: dict[str, Document] = document["invitations"]
    match event:
        case InvitationListDerived():
            rows = _derived(rows, event.conference_id, event.bodies)
        case BodyAdded():
            added = _listed(rows.get(event.body_id), event.conference_id, event)
            rows = {**rows, event.body_id: {**added, "added": True}}
        case BodyRemoved():
            rows = {
                body_id: row
                for body_id, row in rows.items()
                if body_id != event.body_id or not _is_draft(row)
            }
        case _:
            row = rows.get(event.body_id) or _new(event.conference_id, event.body_id)
            rows = {**rows, event.body_id: {**row, **_change(row, event)}}
    return {**document, "invitations": rows}


def _new(conference_id: str, body_id: str) -> Document:
    row = InvitationItem(conference_id=conference_id, body_id=body_id).model_dump(mode="json")
    return {**row, "added": False}


def _is_draft(row: Document) -> bool:
    return bool(row["state"] == "DRAFTED")


def _derived(
    rows: dict[str, Document], conference_id: str, bodies: Iterable[CompetentBody]
) -> dict[str, Document]:
    """A renewed list drops drafts that it does not name, but none that was added with a purpose (R10)."""
    listed = {body.body_id: _listed(rows.get(body.body_id), conference_id, body) for body in bodies}
    stay = {body_id: row for body_id, row in rows.items() if row["added"] or not _is_draft(row)}
    return stay | listed


def _listed(row: Document | None, conference_id: str, body: CompetentBody) -> Document:
    """A body on the list: a draft where it was not yet or no longer invited."""
    if row is None or row["state"] == "WITHDRAWN":
        row = _new(conference_id, body.body_id)
    fields = set(CompetentBody.model_fields)
    return {**row, **body.model_dump(mode="json", include=fields)}


def _change(row: Document, event: InvitationFact) -> Document:
    match event:
        case InvitationSent() | InvitationSentToIntermediary() | InvitationForwarded():
            return _dispatch(row, event)
        case ForwardingReopened() | ForwardingOverdue() | HandedOver() | ReminderSent():
            return _on_the_way(event)
        case DeputyNamed():
            return {"answer": ANSWER_AFTER[DeputyNamed], "level": event.level}
        case (
            InvitationAccepted()
            | InvitationTentativelyAccepted()
            | InvitationDeclined()
            | ResponseInvalidated()
        ):
            return {"answer": ANSWER_AFTER[type(event)], "level": None}
        case AnswerLinkIssued() | AnswerLinksRevoked() | InvitationWithdrawn():
            return ALWAYS[type(event)]
        case AttendanceRecorded():
            return {"state": "ATTENDED" if event.attended else "ABSENT", "level": event.level}
        case _:
            assert_never(event)


def _on_the_way(
    event: ForwardingReopened | ForwardingOverdue | HandedOver | ReminderSent,
) -> Document:
    match event:
        case ForwardingReopened():
            return {"state": "SENT_TO_INTERMEDIARY", "forwarded_at": None, "overdue": False}
        case ForwardingOverdue():
            return {"overdue": True}
        case HandedOver():
            return {"dispatched_at": _moment(event), "dispatched_by": event.channel}
        case ReminderSent():
            return {"reminders": event.number, "reminded_at": _moment(event)}
        case _:
            assert_never(event)


def _moment(event: Event) -> str:
    return str(event.model_dump(mode="json", include={"effective_at"})["effective_at"])


def _dispatch(
    row: Document, event: InvitationSent | InvitationSentToIntermediary | InvitationForwarded
) -> Document:
    fields = event.model_dump(mode="json", include={*DISPATCHED, "effective_at"})
    moment = fields.pop("effective_at")
    fields["route"] = "direct" if event.via is None else "via"
    match event:
        case InvitationSent():
            return {**fields, "state": "SENT", "sent_at": moment}
        case InvitationSentToIntermediary():
            return {**fields, "state": "SENT_TO_INTERMEDIARY", "sent_at": moment}
        case InvitationForwarded():  # may be confirmed after the conference
            over = row["state"] in {"ATTENDED", "ABSENT", "WITHDRAWN"}
            return {
                **fields,
                "state": row["state"] if over else "FORWARDED",
                "forwarded_at": moment,
                "overdue": False,
            }
        case _:
            assert_never(event)


def rows_open_to(document: Document, body_id: str) -> dict[str, Document]:
    """Its own invitation, and those that it forwards (R12), from the release of the list to the withdrawal."""
    return {
        at: row
        for at, row in document.get("invitations", {}).items()
        if body_id in {at, row["via"]} and row["state"] not in NOT_INVITED
    }


def part(document: Document, now: Document, body_id: str) -> Document:
    """The body's own invitation and those that it forwards; not who else is invited."""
    then, still = rows_open_to(document, body_id), rows_open_to(now, body_id)
    own = {at: row for at, row in then.items() if at in still}
    return {**document, "invitations": own}


VISIBLE = Visibility("its conferences", invited_body=part)


def rows(document: Document) -> list[InvitationItem]:
    """The rows of one conference."""
    return [InvitationItem.model_validate(row) for row in document["invitations"].values()]


def items(
    documents: Iterable[Document], query: Invitations, _: date | None
) -> Iterator[InvitationItem]:
    for document in documents:
        for row in rows(document):
            if asked_for(row, query, "conference_id", "body_id", "state"):
                yield row
