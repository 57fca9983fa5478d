"""Answers `history` and `log` of a write service: its own events, with sealed fields opened for authorised readers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from eventsourcing.persistence import Notification
from pydantic import BaseModel
from siko_contracts.queries.audit import History, Log
from siko_contracts.queries.operations import EpochItem

from siko_core.comparison.rows import Row, Rows, Seal
from siko_core.eventsourced.aggregates import Aggregate, DomainEvent, topics_of
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.positions import COMMITS, OWN_LOG
from siko_core.publishing import Contracts
from siko_core.refusals import NotFound
from siko_core.sealed import Sealed

A = TypeVar("A", bound=Aggregate)
PAGE = 1000
COMMON = {"originator_id", "originator_version", "originator_topic", "authority_id", "metadata"}


class EventLog:
    """Reads committed events only, independently of the writer: it never uses the writer's cache."""

    def __init__(self, application: EventSourcedApplication, contracts: Contracts) -> None:
        self.application = application
        self.recorder = application.recorder
        self.rows = Rows(application, contracts)

    def positions(self) -> dict[str, int]:
        """Return the service's own last position, and the checkpoints of the producers it follows."""
        places = self.recorder.places().items()
        followed = {
            name: place.position for name, place in places if name not in {COMMITS, OWN_LOG}
        }
        return followed | {self.application.name: self.recorder.max_notification_id() or 0}

    def epochs(self) -> list[EpochItem]:
        """Return the epochs of the service's own log, in order."""
        known = self.rows.epochs
        return [
            EpochItem(epoch=known.first, lost_from=None, lost_to=None),
            *(
                EpochItem(epoch=known.at(loss.last + 1), lost_from=loss.first, lost_to=loss.last)
                for loss in known.losses
            ),
        ]

    def history(self, query: History) -> list[dict[str, Any]]:
        """Return one aggregate's events in order. Raises NotFound if there are none."""
        stored = self.recorder.select_events(query.aggregate_id)
        if not stored:
            raise NotFound(f"there is no {query.aggregate_id!r}", id=query.aggregate_id)
        return [_item(row) for row in self.rows.read(stored) if _by(row, query.as_of)]

    def log(self, query: Log) -> list[dict[str, Any]]:
        """Return the service's events after a position, in position order."""
        rows = self.rows.behind(query.after, query.limit)
        return [_item(row) for row in rows if _by(row, query.as_of)]

    def folded(
        self, *aggregate_classes: type[Aggregate], as_of: datetime | None = None
    ) -> "Folded":
        """Rebuild all aggregates of these classes from the events recorded up to `as_of`, without the writer's cache."""
        topics = [
            topic for aggregate_class in aggregate_classes for topic in topics_of(aggregate_class)
        ]
        folded = Folded()
        for stored in self.events_of(topics):
            event = self.application.mapper.to_domain_event(stored)
            if as_of is None or event.metadata.recorded_at <= as_of:
                folded.add(event)
        return folded

    def events_of(self, topics: Sequence[str]) -> Iterator[Notification]:
        """Yield all stored events of these topics, in position order."""
        position, last = 0, self.recorder.max_notification_id() or 0
        while position < last:
            page = self.recorder.select_notifications(
                position, PAGE, last, topics, inclusive_of_start=False
            )
            yield from page
            position = page[-1].id if len(page) == PAGE else last


@dataclass
class Folded:
    """Aggregates by id, and the time at which each of their events was recorded, by event id."""

    aggregates: dict[str, Any] = field(default_factory=dict)
    recorded_at: dict[str, datetime] = field(default_factory=dict)

    def add(self, event: DomainEvent) -> None:
        before = self.aggregates.get(event.originator_id)
        self.aggregates[event.originator_id] = event.mutate(before)  # type: ignore[attr-defined]  # each kind of event has it
        self.recorded_at[event.event_id] = event.metadata.recorded_at

    def of(self, aggregate_class: type[A]) -> list[A]:
        """Return the aggregates of this class in order of creation."""
        return [
            aggregate
            for aggregate in self.aggregates.values()
            if isinstance(aggregate, aggregate_class)
        ]


def _item(row: Row) -> dict[str, Any]:
    """Return the row as an item with sealed fields opened; an unreadable event yields its row's columns only."""
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
    """Return the event's own fields; a sealed one reads "gelöscht" if its key is gone, "unlesbar" if it was altered."""
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
    """Whether the row was recorded by `as_of`. An unreadable event has no time and is in every answer."""
    return as_of is None or row.event is None or row.event.metadata.recorded_at <= as_of
