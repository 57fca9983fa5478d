"""The last day begun: what views mean by today."""

from datetime import date

from siko_contracts.events.scheduler import DayBegan
from siko_contracts.queries import Query
from siko_core.calendar import berlin_day

from siko_reporting.views.base import Document

NAME = "clock"
EVENTS = (DayBegan,)
INITIAL: Document = {}
KEY = "clock"


def key(_: DayBegan) -> str:
    return KEY


def evolve(document: Document, event: DayBegan) -> Document:
    return {"day": max(document.get("day", ""), event.date.isoformat())}


def today(document: Document | None, query: Query) -> date | None:
    """The last day begun, or the day that the query looks back to; no clock is read."""
    last = date.fromisoformat(document["day"]) if document else None
    if query.as_of is not None:
        last = berlin_day(query.as_of)
    if query.effective_on is not None and last is not None:
        last = min(last, query.effective_on)
    return last
