"""Forwarding custody: which intermediary was asked to forward an invitation, when, and whether it has confirmed (R12)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

from siko_contracts.events.invitations import (
    ForwardingOverdue,
    ForwardingReopened,
    InvitationForwarded,
    InvitationSentToIntermediary,
    InvitationWithdrawn,
    ReminderSent,
)
from siko_contracts.queries.reporting import Forwarding, ForwardingItem

from siko_reporting.views.base import Document, Visibility, asked_for
from siko_reporting.views.dates import DATED, DatedFact, date_of, is_in_year

NAME = "forwarding"
EVENTS = (
    *DATED,
    InvitationSentToIntermediary,
    InvitationForwarded,
    ForwardingReopened,
    ForwardingOverdue,
    ReminderSent,
    InvitationWithdrawn,
)
KEYED_BY = "conference_id"
ORDER = ("conference_id", "body_id")
INITIAL: Document = {"hops": {}}
DESCRIBED = {"conference_id", "body_id", "areas", "via"}

HopFact = (
    InvitationSentToIntermediary
    | InvitationForwarded
    | ForwardingReopened
    | ForwardingOverdue
    | ReminderSent
    | InvitationWithdrawn
)


def key(event: DatedFact | HopFact) -> str:
    """One document holds the hops of one conference, by the body at their end."""
    return event.conference_id


def evolve(document: Document, event: DatedFact | HopFact) -> Document:
    if isinstance(event, DATED):
        return {**document, **date_of(event)}
    hops: dict[str, Document] = document["hops"]
    if isinstance(event, InvitationSentToIntermediary):
        hop = _asked(event, {})
    elif event.body_id not in hops:  # its invitation went directly
        return document
    else:
        hop = _change(hops[event.body_id], event)
    return {**document, "hops": {**hops, event.body_id: hop}}


def _asked(event: InvitationSentToIntermediary | ForwardingReopened, hop: Document) -> Document:
    """Asked, or asked anew: what was confirmed or overdue before stays in the history."""
    described = event.model_dump(mode="json", include=DESCRIBED | {"effective_at"})
    moment = described.pop("effective_at")
    asked = {"state": "OPEN", "asked_at": moment, "forwarded_at": None, "due_on": None}
    return {**hop, **described, **asked, "reminders": 0, "evidence": [event.event_id]}


def _change(hop: Document, event: HopFact) -> Document:
    proven = {"evidence": [*hop["evidence"], event.event_id]}
    match event:
        case InvitationSentToIntermediary() | ForwardingReopened():
            return _asked(event, hop)
        case InvitationForwarded():
            moment = event.model_dump(mode="json", include={"effective_at"})["effective_at"]
            return {**hop, **proven, "state": "CONFIRMED", "forwarded_at": moment}
        case ForwardingOverdue():
            due_on = event.due_on.isoformat()
            return {**hop, **proven, "state": "OVERDUE", "due_on": due_on}
        case ReminderSent():
            reminders = hop["reminders"] + (event.about == "forwarding")
            return {**hop, "reminders": reminders}
        case InvitationWithdrawn():
            return {**hop, **proven, "state": "WITHDRAWN"}
        case _:
            assert_never(event)


def _open_to(document: Document, body_id: str) -> dict[str, Document]:
    """The hops to the body, and those that it is asked to make, until the withdrawal."""
    return {
        at: hop
        for at, hop in document.get("hops", {}).items()
        if body_id in {at, hop["via"]} and hop["state"] != "WITHDRAWN"
    }


def _part(document: Document, now: Document, body_id: str) -> Document:
    then, still = _open_to(document, body_id), _open_to(now, body_id)
    return {**document, "hops": {at: hop for at, hop in then.items() if at in still}}


VISIBLE = Visibility("its conferences", invited_body=_part)


def items(
    documents: Iterable[Document], query: Forwarding, _: date | None
) -> Iterator[ForwardingItem]:
    for document in documents:
        for hop in document["hops"].values():
            item = ForwardingItem.model_validate({**document, **hop})
            in_year = is_in_year(item.starts_at, query.year)
            in_area = query.area is None or query.area in item.areas
            fields = ("authority_id", "conference_id", "body_id", "via", "state")
            if in_year and in_area and asked_for(item, query, *fields):
                yield item
