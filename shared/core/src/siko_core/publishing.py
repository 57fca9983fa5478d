"""Translates stored domain events into published contracts; an event without one is published as a bare notice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from siko_contracts.events import Event, HistoryLost, Recorded

from siko_core.eventsourced.aggregates import DomainEvent
from siko_core.eventsourced.history import History


@dataclass(frozen=True)
class Translation:
    """Fills a contract's own fields from attributes of the domain event; the common fields are filled alike for all."""

    contract: type[Event]
    getters: Mapping[str, Callable[[Any], Any]]

    def __call__(self, event: DomainEvent) -> Event:
        return self.contract.model_validate(
            _common(event) | {name: get(event) for name, get in self.getters.items()},
            from_attributes=True,
        )


Contracts = Mapping[type[DomainEvent], Translation]
"""Maps the domain event classes that a service publishes to their translations."""


def as_contract(contract: type[Event], **renamed: str) -> Translation:
    """Translate fields by name; `renamed` maps a contract's field to the attribute of the event that fills it instead."""
    own = [name for name in contract.model_fields if name not in Event.model_fields]
    return Translation(contract, {name: attrgetter(renamed.get(name, name)) for name in own})


OF_EVERY_SERVICE: Contracts = {
    History.Lost: as_contract(HistoryLost, from_="first", to="last"),
}


def to_contract(contracts: Contracts, event: DomainEvent) -> Event:
    """The event as it is published: as its contract, or as `recorded.v1` if it has none."""
    translate = contracts.get(type(event)) or OF_EVERY_SERVICE.get(type(event))
    return translate(event) if translate else Recorded(**_common(event), event=event.TOPIC)


def _common(event: DomainEvent) -> dict[str, object]:
    metadata = event.metadata
    return {
        "event_id": event.event_id,
        "aggregate_id": event.originator_id,
        "aggregate_version": event.originator_version,
        "authority_id": event.authority_id,
        "effective_at": metadata.effective_at,
        "recorded_at": metadata.recorded_at,
        "actor": metadata.actor,
        "ruleset": getattr(event, "ruleset", None),
    }
