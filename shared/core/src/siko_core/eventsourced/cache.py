"""The writer's identity map: aggregates as of a position of the store, with what is decided and not yet committed."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from eventsourcing.persistence import StoredEvent

from siko_core.eventsourced.aggregates import Aggregate
from siko_core.eventsourced.index import Index, topics_of
from siko_core.positions import Written

CACHED_AGGREGATES = 10_000


class AggregateCache:
    """Aggregates by id, ids that do not exist, and the ids of all aggregates of a class. For the writer's thread alone."""

    def __init__(self) -> None:
        self.position = 0
        """The position in the store that the cache is current with."""
        self._aggregates: OrderedDict[str, Any] = OrderedDict()
        self._absent: set[str] = set()
        self._indexes: dict[type[Aggregate], Index] = {}
        self._decided: list[StoredEvent] = []
        """Events that are decided and not yet committed, in their order."""

    def get(self, aggregate_id: str) -> Any:
        """The aggregate, or None if it is not cached."""
        aggregate = self._aggregates.get(aggregate_id)
        if aggregate is not None:
            self._aggregates.move_to_end(aggregate_id)
        return aggregate

    def put(self, aggregate: Any) -> None:
        """Cache an aggregate, and evict the least recently used one.

        The library's own cache does the same in Python, at twice the cost.
        """
        self._absent.discard(aggregate.id)
        self._aggregates[aggregate.id] = aggregate
        self._aggregates.move_to_end(aggregate.id)
        if len(self._aggregates) > CACHED_AGGREGATES:
            self._aggregates.popitem(last=False)

    def is_absent(self, aggregate_id: str) -> bool:
        """Whether it is known that there is no such aggregate."""
        return aggregate_id in self._absent

    def put_absent(self, aggregate_id: str) -> None:
        """Cache that there is no such aggregate, so that the store is not asked again."""
        if len(self._absent) >= CACHED_AGGREGATES:
            self._absent.clear()
        self._absent.add(aggregate_id)

    def evict(self, aggregate_ids: Iterable[str]) -> None:
        """Evict aggregates that may differ from the store."""
        for aggregate_id in aggregate_ids:
            self._absent.discard(aggregate_id)
            self._aggregates.pop(aggregate_id, None)

    def index(
        self,
        aggregate_class: type[Aggregate],
        created: Callable[[Iterable[str], int], dict[str, None]],
    ) -> Index:
        """The index of a class; `created` reads the ids of these creation topics from the store up to a position."""
        index = self._indexes.get(aggregate_class)
        if index is None:
            topics = topics_of(aggregate_class)
            index = Index(topics, created(topics, self.position))
            index.add(self._decided)
            self._indexes[aggregate_class] = index
        return index

    def add_decided(self, events: Sequence[StoredEvent]) -> None:
        """Add decided events, so that the next decisions see them before they are committed."""
        self._decided += events
        self._add(events)

    def roll_back(self, events: Sequence[StoredEvent]) -> None:
        """Remove decided events that were not committed, or are decided again."""
        removed = {id(event) for event in events}
        for index in self._indexes.values():
            index.remove(event for event in self._decided if id(event) in removed)
        self._decided = [event for event in self._decided if id(event) not in removed]

    def advance(self, position: int, number: int) -> None:
        """Advance to this position: the first `number` of the decided events are committed."""
        self.position = position
        del self._decided[:number]

    def catch_up(self, position: int, events: Sequence[Written]) -> None:
        """Advance to this position by the events that others have committed since the last one."""
        self.evict({str(event.originator_id) for event in events})
        self.position = position
        self._add(events)

    def _add(self, events: Sequence[StoredEvent | Written]) -> None:
        for index in self._indexes.values():
            index.add(events)
