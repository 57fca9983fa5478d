"""All conferences: what kind, where, when, and how far they have come."""

from collections.abc import Iterable, Iterator
from datetime import date

from siko_contracts.events import Event
from siko_contracts.events.scheduler import (
    CompetentBodiesChanged,
    ConferenceAbsorbed,
    ConferenceCancelled,
    ConferenceClosed,
    ConferenceConvened,
    ConferenceCorrected,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePlanned,
    ConferencePostponed,
    ConferenceRescheduled,
    ConferenceScheduled,
)
from siko_contracts.queries.reporting import ConferenceItem, Conferences
from siko_core.calendar import berlin_day

from siko_reporting.views.base import Document, Visibility, asked_for

FIELDS = set(ConferenceItem.model_fields)
NAME = "conferences"
EVENTS = (
    ConferencePlanned,
    ConferenceAbsorbed,
    ConferenceScheduled,
    ConferenceRescheduled,
    CompetentBodiesChanged,
    ConferencePostponed,
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceOpened,
    ConferenceHeld,
    ConferenceClosed,
    ConferenceCorrected,
)
STATE_AFTER: dict[type[Event], str] = {
    ConferencePlanned: "PLANNED",
    ConferenceAbsorbed: "ABSORBED",
    ConferencePostponed: "POSTPONED",
    ConferenceCancelled: "CANCELLED",
    ConferenceConvened: "CONVENED",
    ConferenceOpened: "IN_SESSION",
    ConferenceHeld: "HELD",
    ConferenceClosed: "CLOSED",
}
"""The others tell their state themselves."""
VISIBLE = Visibility("its documents", invited_body=lambda document, _now, _body: document)
KEYED_BY = None
ORDER = ("starts_at", "conference_id")
INITIAL: Document = {}

ConferenceFact = (
    ConferencePlanned
    | ConferenceAbsorbed
    | ConferenceScheduled
    | ConferenceRescheduled
    | CompetentBodiesChanged
    | ConferencePostponed
    | ConferenceCancelled
    | ConferenceConvened
    | ConferenceOpened
    | ConferenceHeld
    | ConferenceClosed
    | ConferenceCorrected
)


def key(event: ConferenceFact) -> str:
    return event.conference_id


def evolve(document: Document, event: ConferenceFact) -> Document:
    """The event's own fields and the state it leads to; a postponed conference keeps its last date."""
    fields = event.model_dump(mode="json", include=FIELDS)
    if isinstance(event, ConferencePlanned):
        fields["planned_year"] = event.year
    return {**document, **fields, "state": STATE_AFTER.get(type(event)) or fields["state"]}


def items(
    documents: Iterable[Document], query: Conferences, _: date | None
) -> Iterator[ConferenceItem]:
    for document in documents:
        item = ConferenceItem.model_validate(document)
        if _in_year(item, document, query.year) and asked_for(
            item, query, "authority_id", "state", "kind"
        ):
            yield item


def _in_year(item: ConferenceItem, document: Document, year: int | None) -> bool:
    """A conference belongs to the Berlin year of its start; before it has one, to the year that it is planned for."""
    if year is None:
        return True
    return year == (
        berlin_day(item.starts_at).year if item.starts_at else document.get("planned_year")
    )
