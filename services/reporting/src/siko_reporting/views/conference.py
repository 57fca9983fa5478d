"""The file of one conference: its date and state, invitations, coverage, agenda, outcomes and actions."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from siko_contracts.events import Event
from siko_contracts.events.agenda import (
    AgendaReleased,
    AgendaSupplemented,
    ItemMoved,
    ItemPlaced,
    ItemRemoved,
    PresenceRefuted,
    TopicAccepted,
    TopicDeferred,
    TopicDiscussed,
    TopicRejected,
    TopicReturned,
    TopicSubmitted,
    TopicWithdrawn,
)
from siko_contracts.events.invitations import (
    DeputyNamed,
    InvitationListFrozen,
    InvitationsReleased,
)
from siko_contracts.queries.reporting import AgendaItem, Conference, ConferenceFile, OutcomeItem
from siko_contracts.values import AreaCoverage, Finding

from siko_reporting.views import actions, conferences, invitations
from siko_reporting.views.base import Document, Visibility

STATE_AFTER: dict[type[Event], str] = {
    TopicSubmitted: "SUBMITTED",
    TopicReturned: "RETURNED",
    TopicAccepted: "ACCEPTED",
    TopicRejected: "REJECTED",
    TopicDeferred: "DEFERRED",
    TopicWithdrawn: "WITHDRAWN",
    ItemPlaced: "PLACED",
    ItemMoved: "PLACED",
    ItemRemoved: "ACCEPTED",
    TopicDiscussed: "DISCUSSED",
}
COVERAGE_EVENTS = (InvitationsReleased, InvitationListFrozen)
AGENDA_EVENTS = (AgendaReleased, AgendaSupplemented)

FIELDS = {"need_to_know", *AgendaItem.model_fields}
NAME = "conference"
EVENTS = (
    *conferences.EVENTS,
    *invitations.EVENTS,
    *COVERAGE_EVENTS,
    *AGENDA_EVENTS,
    *STATE_AFTER,
    PresenceRefuted,
    *actions.EVENTS,
)
KEYED_BY = "conference_id"
ORDER = ("conference_id",)
INITIAL: Document = {
    "authority_ids": [],
    "conference": conferences.INITIAL,
    "invitations": invitations.INITIAL,
    "coverage": [],
    "topics": {},
    "actions": {},
}


def key(event: Any) -> str:
    return str(event.conference_id)


def evolve(document: Document, event: Any) -> Document:
    """Each producer writes its own parts; whoever tells of it first makes the file."""
    authority_ids = sorted({*document["authority_ids"], event.authority_id})
    document = {**document, "conference_id": event.conference_id, "authority_ids": authority_ids}
    if isinstance(event, conferences.EVENTS):
        return {**document, "conference": conferences.evolve(document["conference"], event)}
    if isinstance(event, invitations.EVENTS):
        return {
            **document,
            "invitations": invitations.evolve(document["invitations"], event),
            "deputies": _deputies(document.get("deputies", {}), event),
        }
    if isinstance(event, COVERAGE_EVENTS):
        return {**document, "coverage": [area.model_dump(mode="json") for area in event.areas]}
    if isinstance(event, AGENDA_EVENTS):
        topics = {topic_id: _published(topic) for topic_id, topic in document["topics"].items()}
        findings = [finding.model_dump(mode="json") for finding in event.findings]
        return {**document, "topics": topics, "agenda_findings": findings}
    if isinstance(event, actions.EVENTS):
        action = document["actions"].get(event.action_id, actions.INITIAL)
        changes = {event.action_id: actions.evolve(action, event)}
        return {**document, "actions": document["actions"] | changes}
    topic = document["topics"].get(event.topic_id) or _new(event.topic_id)
    changes = {event.topic_id: {**topic, **_change(topic, event)}}
    return {**document, "topics": document["topics"] | changes}


def _deputies(deputies: Document, event: Any) -> Document:
    """R15: what was found when the body named its deputy; another answer takes it away."""
    if type(event) not in invitations.ANSWER_AFTER:
        return deputies
    findings = event.findings if isinstance(event, DeputyNamed) else ()
    return {**deputies, event.body_id: [each.model_dump(mode="json") for each in findings]}


def _new(topic_id: str) -> Document:
    return {**AgendaItem(topic_id=topic_id).model_dump(mode="json"), "outcomes": []}


def _published(topic: Document) -> Document:
    """What is on the agenda is told to the invited bodies when that is released (R21)."""
    return {**topic, "released": True} if topic["state"] == "PLACED" else topic


def _change(topic: Document, event: Event) -> Document:
    if isinstance(event, PresenceRefuted):
        return {"refuted": [*topic.get("refuted", ()), event.absent_body_id]}
    fields = event.model_dump(mode="json", include=FIELDS)
    fields["state"] = STATE_AFTER[type(event)]
    if isinstance(event, ItemRemoved):  # it tells the number that the item had
        fields["number"] = None
        fields["released"] = False
    if isinstance(event, TopicDiscussed):
        outcomes = [
            {"topic_id": event.topic_id, **outcome.model_dump()} for outcome in event.outcomes
        ]
        fields["outcomes"] = topic["outcomes"] + outcomes
    return fields


def items(
    documents: Iterable[Document], _: Conference, today: date | None
) -> Iterator[ConferenceFile]:
    """The file, if there is one; it shows the scheduler's authority as soon as that is known."""
    for document in documents:
        topics = sorted(document["topics"].values(), key=_place)
        fields = {
            "conference_id": document["conference_id"],
            "authority_id": document["authority_ids"][0],
            **document["conference"],
        }
        yield ConferenceFile(
            **fields,
            invitations=sorted(
                invitations.rows(document["invitations"]), key=lambda row: row.body_id
            ),
            coverage=sorted(
                map(AreaCoverage.model_validate, document["coverage"]), key=lambda c: c.area or ""
            ),
            agenda=[AgendaItem.model_validate(topic) for topic in topics],
            outcomes=[OutcomeItem(**outcome) for topic in topics for outcome in topic["outcomes"]],
            actions=[
                actions.item(action, today)
                for action in sorted(document["actions"].values(), key=_due)
            ],
            findings=list(_findings(document)),
        )


def _findings(document: Document) -> Iterator[Finding]:
    """R19: of the agenda's last version. R15: of the deputies. R27: a body is named as present and recorded absent, until that is corrected.

    A partner body reads of its own attendance only: it sees no other row, and no finding about items that it may not know.
    """
    yield from map(Finding.model_validate, document.get("agenda_findings", ()))
    for findings in document.get("deputies", {}).values():
        yield from map(Finding.model_validate, findings)
    rows = document["invitations"]["invitations"]
    topics = document["topics"].values()
    refuted = {body_id for topic in topics for body_id in topic.get("refuted", ())}
    for body_id in sorted(refuted):
        if body_id in rows and rows[body_id]["state"] != "ATTENDED":
            yield Finding(
                code="RecordedAbsent",
                rule="R27",
                body_id=body_id,
                conference_id=document["conference_id"],
            )


def _place(topic: Document) -> tuple[bool, int, str]:
    """By number; what has none comes last."""
    return topic["number"] is None, topic["number"] or 0, topic["topic_id"]


def _due(action: Document) -> tuple[str, str]:
    return action["due_on"], action["action_id"]


def _part(document: Document, now: Document, body_id: str) -> Document:
    """Without who else is invited and what is missing; items within the need-to-know, and what came of them."""
    current = now.get("topics", {})
    topics = {
        at: topic
        for at, topic in document["topics"].items()
        if at in current and _may_know(current[at], body_id) and _may_know(topic, body_id)
    }
    done = {
        at: each
        for at, each in document["actions"].items()
        if each["topic_id"] in topics or actions.is_done_by(each, body_id)
    }
    own = invitations.part(document["invitations"], now.get("invitations", {}), body_id)
    shown = {at: _telling(topic, {*topics, *done}) for at, topic in _numbered(topics).items()}
    hidden: Document = {"coverage": [], "agenda_findings": [], "deputies": {}}
    return {**document, **hidden, "invitations": own, "topics": shown, "actions": done}


def _numbered(topics: dict[str, Document]) -> dict[str, Document]:
    """In the same order, and counted anew: holes would tell of items between that the reader may not know (R22)."""
    placed = (at for at, topic in topics.items() if topic["number"] is not None)
    ordered = sorted(placed, key=lambda at: topics[at]["number"])
    numbers = {at: number for number, at in enumerate(ordered, 1)}
    return {at: {**topic, "number": numbers.get(at)} for at, topic in topics.items()}


def _telling(topic: Document, seen: Collection[str]) -> Document:
    """Its outcomes refer to what the reader sees, else to nothing."""
    outcomes = [
        {**each, "refers_to": each["refers_to"] if each["refers_to"] in seen else None}
        for each in topic["outcomes"]
    ]
    return {**topic, "outcomes": outcomes}


def _may_know(topic: Document, body_id: str) -> bool:
    """Its own; others' once they are on a released agenda or were discussed. What does not say who may, is not shown."""
    if topic["body_id"] == body_id:
        return True
    told = topic.get("released") or topic["state"] == "DISCUSSED"
    may_know: Any = topic.get("need_to_know")
    return bool(told) and may_know is not None and (not may_know or body_id in may_know)


VISIBLE = Visibility("its conferences", invited_body=_part)
