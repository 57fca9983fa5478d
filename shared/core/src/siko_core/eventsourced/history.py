"""What a log says of itself: a stretch of positions that a restored database lost, its own or a producer's."""

from typing import Any

import structlog
from eventsourcing.domain import CanMutateAggregate
from siko_contracts.events import Event, HistoryLost

from siko_core.eventsourced.application import Aggregate, Created, EventSourcedApplication, event
from siko_core.eventsourced.ids import successor

log = structlog.get_logger()


class Stretch(Created):
    """Positions `first` to `last`. The aggregate's first event or a later one alike."""

    first: int
    last: int

    def mutate(self, aggregate: Any) -> Any:
        return super().mutate(None) if aggregate is None else _mutate_later(self, aggregate)


_mutate_later: Any = CanMutateAggregate.mutate


class History(Aggregate):
    """One a service, `history:<service>`; nothing is decided by it."""

    TOPIC = "history"

    class Lost(Stretch):
        """The store does not have what its stream has at these positions; they are never given again."""

        TOPIC = "history.lost"
        moved: int = 0
        """Own events that had taken such positions and stand behind this one now."""

    class Withdrawn(Stretch):
        """A producer has lost these positions: what was seen of it there counts no more."""

        TOPIC = "history.withdrawn"
        producer: str

    @event(Lost)
    def __init__(self, id: str) -> None:  # noqa: A002
        """Keeps no state."""


def record(application: EventSourcedApplication, fact: type[Stretch], **fields: Any) -> None:
    """Stage a fact of this service's own history."""
    history_id = id_of(application)
    history = application.find(History, history_id)
    if history is None:
        history_id = application.free_id(history_id)
        history = History._create(fact, id=history_id, **fields)  # noqa: SLF001 - either fact may be the first
    else:
        history.trigger_event(fact, originator_topic=History.TOPIC, **fields)
    application.save(history)


def hear(application: EventSourcedApplication, producer: str, event: Event) -> None:
    """A producer has lost a part of its history: the log keeps what of it counts no more."""
    if isinstance(event, HistoryLost):
        withdrawn = {"producer": producer, "first": event.from_, "last": event.to}
        log.warning("history_withdrawn", **withdrawn)
        record(application, History.Withdrawn, **withdrawn)


def is_lost(application: EventSourcedApplication, position: int) -> bool:
    """Whether the store itself says that what its stream has there counts no more."""
    select = application.recorder.select_events
    own = id_of(application)
    told = map(application.mapper.to_domain_event, [*select(own), *select(successor(own))])
    return any(isinstance(e, History.Lost) and e.first <= position <= e.last for e in told)


def id_of(application: EventSourcedApplication) -> str:
    return f"history:{application.name}"
