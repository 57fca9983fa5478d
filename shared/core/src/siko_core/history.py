"""`history` and `log` of a write service: its own events, opened for who may read them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from eventsourcing.persistence import Notification, StoredEvent
from pydantic import BaseModel
from siko_contracts import queries

from siko_core.aggregates import Aggregate, DomainEvent, topics_of
from siko_core.eventsourced import EventSourcedApplication
from siko_core.publishing import Contracts, to_contract
from siko_core.refusals import NotFound
from siko_core.sealed import Sealed, sealed_fields
from siko_core.steps import COMMITS

A = TypeVar("A", bound=Aggregate)
PAGE = 1000
COMMON = {"originator_id", "originator_version", "originator_topic", "authority_id", "metadata"}


class EventLog:
    """Reads beside the writer: it never sees what is not committed, and never uses the writer's cache."""

    def __init__(self, application: EventSourcedApplication, contracts: Contracts) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.contracts = contracts

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
        return [i for i in map(self._item, stored) if _by(i, query.as_of)]

    def log(self, query: queries.Log) -> list[dict[str, Any]]:
        """The service's events behind a position, in position order."""
        stored = self.recorder.select_notifications(
            query.after, query.limit, inclusive_of_start=False
        )
        return [i for i in map(self._item, stored) if _by(i, query.as_of)]

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

    def _item(self, stored: StoredEvent) -> dict[str, Any]:
        event = self.application.mapper.to_domain_event(stored)
        contract = to_contract(self.contracts, event)
        metadata = event.metadata
        return {
            "position": stored.id if isinstance(stored, Notification) else None,
            "event_id": event.event_id,
            "aggregate_id": event.originator_id,
            "aggregate_version": event.originator_version,
            "authority_id": event.authority_id,
            "topic": stored.topic,
            "type": contract.TYPE,
            "contract": contract.model_dump(mode="json", by_alias=True),
            "event": self._opened(event),
            **metadata.model_dump(mode="json"),
        }

    def _opened(self, event: BaseModel) -> dict[str, Any]:
        """The event's own fields, sealed ones opened, or "gelöscht" where the key is gone."""
        keyring = self.application.keyring
        owner: str = event.originator_id  # type: ignore[attr-defined]
        opened = {
            sealed.seal_id: keyring.open(owner, field, sealed)
            for field, sealed in sealed_fields(event)
        }
        plain = event.model_dump(mode="json", by_alias=True, exclude=COMMON)
        return {name: _replace(value, opened) for name, value in plain.items()}


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


def _replace(value: Any, opened: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if set(value) == set(Sealed.model_fields):
            return opened[value["seal_id"]]
        return {name: _replace(child, opened) for name, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, opened) for child in value]
    return value


def _by(item: dict[str, Any], as_of: datetime | None) -> bool:
    return as_of is None or datetime.fromisoformat(item["recorded_at"]) <= as_of
