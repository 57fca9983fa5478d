"""From a stored domain event to the contract that the world sees; what has none goes out as a bare notice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from siko_contracts.events import Event, HistoryLost, Recorded

from siko_core.eventsourced.application import DomainEvent
from siko_core.eventsourced.history import History


@dataclass(frozen=True)
class Translation:
    """Fills a contract's own fields from attributes of the domain event; the common ones are the same for all."""

    contract: type[Event]
    getters: Mapping[str, Callable[[Any], Any]]

    def __call__(self, event: DomainEvent) -> Event:
        return self.contract.model_validate(
            _common(event) | {name: get(event) for name, get in self.getters.items()},
            from_attributes=True,
        )


Contracts = Mapping[type[DomainEvent], Translation]
"""A service's published events: domain event class -> translation."""


def as_contract(contract: type[Event], **renamed: str) -> Translation:
    """Fields go over by name; `renamed` says which attribute of the event fills a contract's field instead."""
    own = [name for name in contract.model_fields if name not in Event.model_fields]
    return Translation(contract, {name: attrgetter(renamed.get(name, name)) for name in own})


OF_EVERY_SERVICE: Contracts = {
    History.Lost: as_contract(HistoryLost, from_="first", to="last"),
}


def to_contract(contracts: Contracts, event: DomainEvent) -> Event:
    """Every stored event goes out, once: as its contract, or as `recorded.v1`."""
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
