"""What was agreed to be done, by whom and until when; overdue from the day after the due date (R26, R27)."""

from collections.abc import Iterable, Iterator
from datetime import date

from siko_contracts.events import Event
from siko_contracts.events.agenda import (
    ActionAgreed,
    ActionConsented,
    ActionConsentVoided,
    ActionProposed,
)
from siko_contracts.queries.reporting import ActionItem, Actions

from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "actions"
EVENTS = (ActionProposed, ActionConsented, ActionAgreed, ActionConsentVoided)
KEYED_BY = None
ORDER = ("due_on", "action_id")
INITIAL: Document = {"state": "PROPOSED"}
KEPT = {"authority_id", *ActionItem.model_fields} & ActionProposed.model_fields.keys()
STATE_AFTER: dict[type[Event], str] = {ActionAgreed: "AGREED", ActionConsentVoided: "PROPOSED"}
CLOSED = frozenset({"CONFIRMED", "DROPPED"})

ActionFact = ActionProposed | ActionConsented | ActionAgreed | ActionConsentVoided


def key(event: ActionFact) -> str:
    return event.action_id


def evolve(document: Document, event: ActionFact) -> Document:
    state = STATE_AFTER.get(type(event), document["state"])
    return {**document, **event.model_dump(mode="json", include=KEPT), "state": state}


def is_done_by(document: Document, body_id: str) -> bool:
    """Whether the body leads the action or contributes to it."""
    return body_id in {document["lead_body_id"], *document["contributing_body_ids"]}


def _part(document: Document, _: Document, body_id: str) -> Document | None:
    """An action stays open to the bodies that carry it out, invited or not."""
    return document if is_done_by(document, body_id) else None


VISIBLE = Visibility("its documents", any_body=_part)


def is_open(document: Document) -> bool:
    return document["state"] not in CLOSED


def item(document: Document, today: date | None) -> ActionItem:
    """The row of one action."""
    is_late = today is not None and date.fromisoformat(document["due_on"]) < today
    return ActionItem.model_validate({**document, "overdue": is_late and is_open(document)})


def items(
    documents: Iterable[Document], query: Actions, today: date | None
) -> Iterator[ActionItem]:
    for document in documents:
        if query.authority_id not in {None, document["authority_id"]}:
            continue
        row = item(document, today)
        if _concerns(row, query.body_id) and asked_for(row, query, "state", "overdue"):
            yield row


def _concerns(row: ActionItem, body_id: str | None) -> bool:
    return body_id in {None, row.lead_body_id, *row.contributing_body_ids}
