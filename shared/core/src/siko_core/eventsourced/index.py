"""Index of all aggregates of a class, by their creation events: a way to find them, never a basis to decide on."""

from collections.abc import Iterable

from eventsourcing.persistence import StoredEvent

from siko_core.eventsourced.aggregates import Aggregate, Created
from siko_core.positions import Written


def topics_of(aggregate_class: type[Aggregate]) -> set[str]:
    """Topics of the events that create an aggregate of this class."""
    members = vars(aggregate_class).values()
    return {m.TOPIC for m in members if isinstance(m, type) and issubclass(m, Created)}


class Index:
    """Ids of the aggregates whose creation event has one of these topics, in order of creation."""

    def __init__(self, topics: set[str], ids: dict[str, None]) -> None:
        self.topics = topics
        self._ids = ids
        self._all: tuple[str, ...] | None = None

    @property
    def all(self) -> tuple[str, ...]:
        if self._all is None:
            self._all = tuple(self._ids)
        return self._all

    def add(self, events: Iterable[StoredEvent | Written]) -> None:
        for stored in events:
            if stored.topic in self.topics:
                self._ids[str(stored.originator_id)] = None
                self._all = None

    def remove(self, events: Iterable[StoredEvent]) -> None:
        for stored in events:
            if stored.topic in self.topics:
                del self._ids[str(stored.originator_id)]
                self._all = None
