"""`history` and `log` of a write service: its own events, opened for who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from eventsourcing.persistence import Notification
from pydantic import BaseModel
from siko_contracts import queries

from siko_core.comparison.rows import Row, Rows, Seal
from siko_core.eventsourced.aggregates import Aggregate, DomainEvent, topics_of
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.positions import COMMITS
from siko_core.publishing import Contracts
from siko_core.refusals import NotFound
from siko_core.sealed import Sealed

A = TypeVar("A", bound=Aggregate)
PAGE = 1000
COMMON = {"originator_id", "originator_version", "originator_topic", "authority_id", "metadata"}


class EventLog:
    """Reads beside the writer: it never sees what is not committed, and never uses the writer's cache."""

    def __init__(self, application: EventSourcedApplication, contracts: Contracts) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.rows = Rows(application, contracts)

    def positions(self) -> dict[str, int]:
        """Own last position, and those of the followed producers."""
        places = self.recorder.places().items()
        followed = {name: place.position for name, place in places if name != COMMITS}
        return followed | {self.application.name: self.recorder.max_notification_id() or 0}

    def history(self, query: queries.History) -> list[dict[str, Any]]:
        """One aggregate's events in order; `NotFound` where there are none."""
        stored = self.recorder.select_events(query.aggregate_id)
        if not stored:
            raise NotFound(f"there is no {query.aggregate_id!r}", id=query.aggregate_id)
        return [_item(row) for row in self.rows.read(stored) if _by(row, query.as_of)]

    def log(self, query: queries.Log) -> list[dict[str, Any]]:
        """The service's events behind a position, in position order."""
        rows = self.rows.behind(query.after, query.limit)
        return [_item(row) for row in rows if _by(row, query.as_of)]

    def folded(
        self, *aggregate_classes: type[Aggregate], as_of: datetime | None = None
    ) -> "Folded":
        """All aggregates of these classes as they were recorded by then, beside the writer and its cache."""
        topics = [topic for each in aggregate_classes for topic in topics_of(each)]
        folded, position, last = Folded(), 0, self.recorder.max_notification_id() or 0
        while position < last:
            page = self.recorder.select_notifications(
                position, PAGE, last, topics, inclusive_of_start=False
            )
            for stored in page:
                event = self.application.mapper.to_domain_event(stored)
                if as_of is None or event.metadata.recorded_at <= as_of:
                    folded.add(event)
            position = page[-1].id if len(page) == PAGE else last
        return folded


@dataclass
class Folded:
    """Aggregates by their ids, and when each of their events was recorded."""

    aggregates: dict[str, Any] = field(default_factory=dict)
    recorded_at: dict[str, datetime] = field(default_factory=dict)

    def add(self, event: DomainEvent) -> None:
        before = self.aggregates.get(event.originator_id)
        self.aggregates[event.originator_id] = event.mutate(before)  # type: ignore[attr-defined]  # each kind of event has it
        self.recorded_at[event.event_id] = event.metadata.recorded_at

    def of(self, aggregate_class: type[A]) -> list[A]:
        """In order of creation."""
        return [each for each in self.aggregates.values() if isinstance(each, aggregate_class)]


def _item(row: Row) -> dict[str, Any]:
    """Its sealed fields opened; what cannot be read as an event has no more than its row's columns."""
    stored, event, contract = row.stored, row.event, row.contract
    item = {
        "position": stored.id if isinstance(stored, Notification) else None,
        "event_id": row.event_id,
        "aggregate_id": stored.originator_id,
        "aggregate_version": stored.originator_version,
        "topic": stored.topic,
        "faults": row.faults,
    }
    if event is None or contract is None:
        return item
    return item | {
        "authority_id": event.authority_id,
        "type": contract.TYPE,
        "contract": contract.model_dump(mode="json", by_alias=True),
        "event": _opened(event, row.seals),
        "seals": [seal.shown for seal in row.seals],
        **event.metadata.model_dump(mode="json"),
    }


def _opened(event: BaseModel, seals: Sequence[Seal]) -> dict[str, Any]:
    """The event's own fields; "gelöscht" where a sealed one's key is gone, "unlesbar" where it was changed."""
    opened = {seal.seal_id: seal.value for seal in seals}
    plain = event.model_dump(mode="json", by_alias=True, exclude=COMMON)
    return {name: _replace(value, opened) for name, value in plain.items()}


def _replace(value: Any, opened: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if set(value) == set(Sealed.model_fields):
            return opened[value["seal_id"]]
        return {name: _replace(child, opened) for name, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, opened) for child in value]
    return value


def _by(row: Row, as_of: datetime | None) -> bool:
    """What cannot be read has no time, and is left out of no answer."""
    return as_of is None or row.event is None or row.event.metadata.recorded_at <= as_of
