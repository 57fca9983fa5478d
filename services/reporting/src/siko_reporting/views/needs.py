"""Needs for action that conferences found, and whether each has its answer (R25)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never

from siko_contracts.events.agenda import ActionProposed, NeedDismissed, TopicDiscussed
from siko_contracts.queries.reporting import NeedItem, Needs
from siko_core.calendar import berlin_day

from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "needs"
EVENTS = (TopicDiscussed, ActionProposed, NeedDismissed)
VISIBLE = Visibility("asks for its own")
KEYED_BY = None
ORDER = ("conference_id", "topic_id")
INITIAL: Document = {"needs": {}, "answered": [], "dismissed": []}
NEED_FOR_ACTION = "need_for_action"
ANSWERS = {"action", "concept", "deferred"}
KEPT = {"conference_id", "topic_id", "topic_area", "areas"}

NeedFact = TopicDiscussed | ActionProposed | NeedDismissed


def key(event: NeedFact) -> str:
    """One document holds the needs that a topic left, by conference: a deferred one may be discussed again."""
    return event.topic_id


def evolve(document: Document, event: NeedFact) -> Document:
    match event:
        case TopicDiscussed():
            kinds = {outcome.kind for outcome in event.outcomes}
            if NEED_FOR_ACTION not in kinds:
                return document
            need = event.model_dump(mode="json", include=KEPT | {"authority_id"})
            need["found_on"] = berlin_day(event.effective_at).isoformat()
            need["answered"] = bool(kinds & ANSWERS)
            return {**document, "needs": document["needs"] | {event.conference_id: need}}
        case ActionProposed():
            return {**document, "answered": [*document["answered"], event.conference_id]}
        case NeedDismissed():
            return {**document, "dismissed": [*document["dismissed"], event.conference_id]}
        case _:
            assert_never(event)


def items(documents: Iterable[Document], query: Needs, _: date | None) -> Iterator[NeedItem]:
    for document in documents:
        for conference_id, need in document["needs"].items():
            if query.authority_id not in {None, need["authority_id"]}:
                continue
            row = {field: need[field] for field in (*KEPT, "found_on")}
            item = NeedItem.model_validate(row | {"state": _state(document, conference_id, need)})
            if asked_for(item, query, "conference_id", "state"):
                yield item


def _state(document: Document, conference_id: str, need: Document) -> str:
    if need["answered"] or conference_id in document["answered"]:
        return "answered"
    return "dismissed" if conference_id in document["dismissed"] else "open"
