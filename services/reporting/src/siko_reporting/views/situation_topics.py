"""Which topic areas were discussed, an area and year, what came of it and what is still open (R17, R18)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from siko_contracts.events.agenda import (
    ActionAgreed,
    ActionConsented,
    ActionConsentVoided,
    ActionProposed,
    TopicDiscussed,
)
from siko_contracts.queries.reporting import SituationTopicItem, SituationTopics
from siko_core.calendar import berlin_day

from siko_reporting.views import actions
from siko_reporting.views.base import Document, Visibility, asked_for

NAME = "situation_topics"
EVENTS = (TopicDiscussed, *actions.EVENTS)
VISIBLE = Visibility("asks for its own")
KEYED_BY = None
ORDER = ("area", "year", "topic_area")
INITIAL: Document = {"discussions": [], "actions": {}}
KEPT = {"conference_id", "authority_id", "topic_area", "areas", "outcomes"}

TopicFact = TopicDiscussed | actions.ActionFact


def key(event: TopicFact) -> str:
    """One document holds the life of one topic: its discussions, and the actions that came of them."""
    return event.topic_id


def evolve(document: Document, event: TopicFact) -> Document:
    match event:
        case TopicDiscussed():
            discussion = event.model_dump(mode="json", include=KEPT)
            discussion["year"] = berlin_day(event.effective_at).year
            return {**document, "discussions": [*document["discussions"], discussion]}
        case ActionProposed() | ActionConsented() | ActionAgreed() | ActionConsentVoided():
            before = document["actions"].get(event.action_id, actions.INITIAL)
            after = {event.action_id: actions.evolve(before, event)}
            return {**document, "actions": document["actions"] | after}
        case _:
            assert_never(event)


@dataclass
class _Tally:
    """What adds up in one row; conferences and actions count once, however often a topic was talked of."""

    discussed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    conference_ids: set[str] = field(default_factory=set)
    open_action_ids: set[str] = field(default_factory=set)


def items(
    documents: Iterable[Document], query: SituationTopics, _: date | None
) -> Iterator[SituationTopicItem]:
    tallies: defaultdict[tuple[str, str, int], _Tally] = defaultdict(_Tally)
    for document in documents:
        for discussion in document["discussions"]:
            if query.authority_id not in {None, discussion["authority_id"]}:
                continue
            for area in discussion["areas"]:
                _count(
                    tallies[discussion["topic_area"], area, discussion["year"]],
                    document,
                    discussion,
                )
    for (topic_area, area, year), tally in tallies.items():
        item = SituationTopicItem(
            topic_area=topic_area,
            area=area,
            year=year,
            discussed=tally.discussed,
            outcomes=dict(sorted(tally.outcomes.items())),
            actions_open=len(tally.open_action_ids),
            conference_ids=sorted(tally.conference_ids),
        )
        if asked_for(item, query, "area", "year", "topic_area"):
            yield item


def _count(tally: _Tally, document: Document, discussion: Document) -> None:
    """An action counts where the conference that proposed it talked of its topic."""
    conference_id = discussion["conference_id"]
    tally.discussed += 1
    tally.outcomes.update(outcome["kind"] for outcome in discussion["outcomes"])
    tally.conference_ids.add(conference_id)
    tally.open_action_ids |= {
        action_id
        for action_id, action in document["actions"].items()
        if action["conference_id"] == conference_id and actions.is_open(action)
    }
