"""Positions that a restored database has lost, recorded as events in the log: a service's own or a producer's.

Behind each of its own losses a store is in a new epoch, which every message names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from eventsourcing.domain import CanMutateAggregate
from siko_contracts.events import Event, HistoryLost
from uuid_utils import uuid7

from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.ids import successor

log = structlog.get_logger()


class Stretch(Created):
    """Positions `first` to `last`, inclusive. It can be the aggregate's first event or a later one."""

    first: int
    last: int

    def mutate(self, aggregate: Any) -> Any:
        return super().mutate(None) if aggregate is None else _mutate_later(self, aggregate)


_mutate_later: Any = CanMutateAggregate.mutate


class History(Aggregate):
    """The one history of a service, `history:<service>`. No decision depends on it."""

    TOPIC = "history"

    class Lost(Stretch):
        """The store lacks the events that its stream has at these positions, which are never given again."""

        TOPIC = "history.lost"
        moved: int = 0
        """Number of own events that had taken such positions and were moved behind this event."""
        epoch: str | None = None
        """The epoch of all behind these positions; None: recorded by a version without epochs, it goes on."""

    class Withdrawn(Stretch):
        """A producer has lost these positions: its events at them are void."""

        TOPIC = "history.withdrawn"
        producer: str

    @event(Lost)
    def __init__(self, id: str) -> None:  # noqa: A002
        """Do nothing: a history has no state."""


@dataclass(frozen=True)
class Epochs:
    """Which epoch a position belongs to: a function of the log, and of the id that the store was begun with."""

    first: str
    losses: Sequence[History.Lost] = ()

    def at(self, position: int) -> str:
        begun = (loss for loss in reversed(self.losses) if loss.last < position)
        return next((loss.epoch for loss in begun if loss.epoch), self.first)


def epochs(application: EventSourcedApplication) -> Epochs:
    return Epochs(first_epoch(application), _losses(application))


def first_epoch(application: EventSourcedApplication) -> str:
    """A store's own id, as old as the store: a store that is begun anew under the same stream has another."""
    return application.recorder.mark("store_id", str(uuid7()))


def record(application: EventSourcedApplication, fact: type[Stretch], **fields: Any) -> None:
    """Stage an event of this service's history."""
    history_id = id_of(application)
    history = application.find(History, history_id)
    if history is None:
        history_id = application.free_id(history_id)
        history = History._create(fact, id=history_id, **fields)  # noqa: SLF001 - either fact may be the first
    else:
        history.trigger_event(fact, originator_topic=History.TOPIC, **fields)
    application.save(history)


def hear(application: EventSourcedApplication, producer: str, event: Event) -> None:
    """Record which of the producer's positions are void, if the event is a HistoryLost."""
    if isinstance(event, HistoryLost):
        withdrawn = {"producer": producer, "first": event.from_, "last": event.to}
        log.warning("history_withdrawn", **withdrawn)
        record(application, History.Withdrawn, **withdrawn)


def is_lost(application: EventSourcedApplication, position: int) -> bool:
    """Whether the store has recorded this position as lost, so that the stream's event there is void."""
    return any(loss.first <= position <= loss.last for loss in _losses(application))


def _losses(application: EventSourcedApplication) -> list[History.Lost]:
    select = application.recorder.select_events
    own = id_of(application)
    facts = map(application.mapper.to_domain_event, [*select(own), *select(successor(own))])
    return [fact for fact in facts if isinstance(fact, History.Lost)]


def id_of(application: EventSourcedApplication) -> str:
    """The id of the service's history."""
    return f"history:{application.name}"
