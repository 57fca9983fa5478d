"""The application of a write service: it loads and calls aggregates, and stages their events for the writer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

from eventsourcing.application import Application
from eventsourcing.persistence import StoredEvent
from siko_contracts.values import Finding, in_utc
from uuid_utils import uuid7

from siko_core.clock import Clock
from siko_core.eventsourced.aggregates import (
    Aggregate,
    DomainEvent,
    JsonMapper,
    fold,
)
from siko_core.eventsourced.cache import AggregateCache
from siko_core.eventsourced.ids import is_composed, successor
from siko_core.eventsourced.keyring import Keyring
from siko_core.eventsourced.recorder import UnitRecorder
from siko_core.metadata import METADATA, deciding
from siko_core.refusals import AlreadyDone, NotFound, ReasonRequired
from siko_core.sealed import Sealed

LONG = 100
"""Number of events from which a fold is kept to go on from; folding as many takes about two milliseconds."""
MOST_FOLDS = 10_000
PAGE = 1000
A = TypeVar("A", bound="Aggregate")


class Saved(NamedTuple):
    """Result of a decision: id and version of its first aggregate, and the findings that it overrode.

    `told`: further fields of the command's answer, which are stored nowhere: a repeat does not get them.
    """

    id: str
    version: int
    findings: tuple[Finding, ...] = ()
    told: Mapping[str, Any] = MappingProxyType({})


class EventSourcedApplication(Application[str]):
    """Loads, calls and saves aggregates on the writer's thread; a save stages events that the writer commits.

    It keeps the read set of the present decision; its `cache` is the writer's identity map.
    """

    env: ClassVar[dict[str, str]] = {"ORIGINATOR_ID_TYPE": "text"}
    NAMED: ClassVar[Mapping[str, tuple[type[Aggregate], Callable[[str], str]]]] = {}
    """Maps a command's field to the class and the id of the aggregate it names; `str` takes the value itself as the id."""
    HEARD_FROM_OTHERS: ClassVar[frozenset[str]] = frozenset()
    """Fields that name things of another service: one that is missing may still be on its way."""
    mapper: JsonMapper
    recorder: UnitRecorder

    def __init__(self, env: dict[str, str], keyring: Keyring) -> None:
        self.keyring = keyring
        self.clock = Clock("system")
        self.staged: list[DomainEvent] = []
        self.read_ids: set[str] = set()
        self.read_topics: set[str] = set()
        self.used: dict[str, Aggregate] = {}
        self.cache = AggregateCache()
        self._folds: dict[str, tuple[StoredEvent, Any]] = {}
        self.fresh_id: Callable[[], str] = lambda: str(uuid7())
        super().__init__(env)

    def construct_mapper(self) -> JsonMapper:
        return JsonMapper(self.construct_transcoder())

    def construct_recorder(self) -> UnitRecorder:
        """Raises TypeError if the environment names a recorder that cannot commit answers and positions with the events."""
        recorder = super().construct_recorder()
        if not isinstance(recorder, UnitRecorder):
            raise TypeError(f"{type(recorder).__name__} is no UnitRecorder")
        return recorder

    # For decisions.

    @property
    def now(self) -> datetime:
        """When the decision is recorded: its clock."""
        return METADATA.get().recorded_at

    @property
    def effective_at(self) -> datetime:
        """When it happened: the moment at which rules about dates are judged."""
        return METADATA.get().effective_at

    def find(self, aggregate_class: type[A], aggregate_id: str) -> A | None:
        """The aggregate, or None if there is none of this class with this id, nor with a composed id's successor.

        The id joins the read set, whether it exists or not.
        """
        self.read_ids.add(aggregate_id)
        if self.cache.is_absent(aggregate_id):
            return None
        aggregate = (
            self.used.get(aggregate_id) or self.cache.get(aggregate_id) or self._load(aggregate_id)
        )
        if aggregate is None:
            self.cache.put_absent(aggregate_id)
            return None
        if not isinstance(aggregate, aggregate_class):
            if is_composed(aggregate_id):
                return self.find(aggregate_class, successor(aggregate_id))
            return None
        self.used[aggregate_id] = aggregate
        return aggregate

    def find_or_make(self, aggregate_class: type[A], **fields: Any) -> A:
        """The aggregate whose id the service composes of these fields; created from them if there is none."""
        composed = aggregate_class.create_id(**fields)
        if aggregate := self.find(aggregate_class, composed):
            return aggregate
        return aggregate_class(**{**fields, "id": self.free_id(composed)})

    def free_id(self, composed: str) -> str:
        """The id for a new aggregate: the composed id, or its successor if something else has taken that."""
        return composed if self.find(Aggregate, composed) is None else successor(composed)

    def _load(self, aggregate_id: str) -> Any:
        """Fold the aggregate from its stored events; a long one that was evicted goes on from its last fold.

        A fold counts only while the event that it ended with is the one in the store.
        """
        last, folded = self._folds.get(aggregate_id, (None, None))
        after = last.originator_version - 1 if last else 0
        stored = self.recorder.events_of(aggregate_id, after, None)
        if last and (not stored or stored[0] != last):
            del self._folds[aggregate_id]
            return self._load(aggregate_id)
        later = stored[1:] if last else stored
        aggregate = fold(deepcopy(folded), map(self.mapper.to_domain_event, later))
        if aggregate is not None:
            self.cache.put(aggregate)
            if len(later) >= LONG:
                self._keep_fold(stored[-1], aggregate)
        return aggregate

    def _keep_fold(self, last: StoredEvent, aggregate: Any) -> None:
        """Keep a copy, which no decision changes."""
        if len(self._folds) >= MOST_FOLDS:
            self._folds.clear()
        self._folds[aggregate.id] = last, deepcopy(aggregate)

    def get(self, aggregate_class: type[A], aggregate_id: str, field: str = "id") -> A:
        """The aggregate. Raises NotFound, which names the command's field, if there is none."""
        aggregate = self.find(aggregate_class, aggregate_id)
        if aggregate is None:
            raise NotFound(f"{field}: there is no {aggregate_id!r}", field=field, id=aggregate_id)
        return aggregate

    def ids_of(self, aggregate_class: type[Aggregate]) -> Sequence[str]:
        """Ids of all aggregates of a class, in order of creation; a way to find them, never a basis to decide on.

        The class joins the read set: the decision is stale once another process creates one.
        """
        index = self.cache.index(aggregate_class, self._created)
        self.read_topics |= index.topics
        staged = [e.originator_id for e in self.staged if e.TOPIC in index.topics]
        return (*index.all, *staged) if staged else index.all

    def _created(self, topics: Iterable[str], last: int) -> dict[str, None]:
        """Ids of created aggregates, read from the store up to the position `last`."""
        ids: dict[str, None] = {}
        position = 0
        while position < last:
            page = self.recorder.select_notifications(
                position, PAGE, last, list(topics), inclusive_of_start=False
            )
            ids.update((str(stored.originator_id), None) for stored in page)
            position = page[-1].id if len(page) == PAGE else last
        return ids

    def happening(self, moment: datetime) -> AbstractContextManager[None]:
        """Date new events in the block at this moment instead (a clock result has its threshold's day)."""
        return deciding(METADATA.get().model_copy(update={"effective_at": in_utc(moment)}))

    def id_for(self, command: Any) -> str:
        """The id of what the command creates: the client's, else a fresh one. Raises AlreadyDone if the client's is taken."""
        if command.id is not None:
            self.ensure_free(command.id, "id")
            return str(command.id)
        fresh = self.fresh_id()
        self.cache.put_absent(fresh)
        return fresh

    def seal(self, owner: str, field: str, value: Any) -> Sealed[Any] | None:
        """Encrypt a value, bound to the event field that will hold it; None stays None."""
        return None if value is None else self.keyring.seal(owner, field, value)

    def authority_of(self, field: str, named: str) -> str | None:
        """The authority that owns the thing a command names in this field; None if there is no such thing."""
        aggregate_class, id_of = self.NAMED[field]
        aggregate = self.find(aggregate_class, id_of(named))
        return aggregate.authority_id if aggregate else None

    def is_open_to(self, body_id: str, field: str, command: Any) -> bool:  # noqa: ARG002 - services override it
        """Whether a partner body may act on what the command names in this field."""
        return False

    def save(self, *aggregates: Any, findings: Sequence[Finding] = (), **_: Any) -> Saved:  # type: ignore[override]
        """Stage the aggregates' new events, in the order given; the result is about the first one.

        Raises AlreadyDone if the id of a new aggregate is taken.
        """
        for aggregate in aggregates:
            if aggregate.version == len(aggregate.pending_events):
                self.ensure_free(aggregate.id, "id")
            self.used[aggregate.id] = aggregate
            self.read_ids.add(aggregate.id)
            if new := aggregate.collect_events():
                self.staged += new
                self.cache.put(aggregate)
        return Saved(aggregates[0].id, aggregates[0].version, tuple(findings))

    def ensure_free(self, aggregate_id: str, field: str) -> None:
        """Raises AlreadyDone, which names the field, if the id is taken: ids are unique across all classes."""
        if self.find(Aggregate, aggregate_id) is not None:
            raise AlreadyDone(
                f"{field}: the id {aggregate_id!r} is taken", field=field, id=aggregate_id
            )

    # For the writer.

    def end_decision(self) -> tuple[set[str], set[str]]:
        """End a decision; returns its read set: the ids and the creation topics that it read.

        Raises RuntimeError if it changed an aggregate and did not save it.
        """
        for aggregate in self.used.values():
            if aggregate.pending_events:
                raise RuntimeError(f"{aggregate.id} was changed and not saved")
        self.keyring.keep()
        return self._end()

    def roll_back_decision(self) -> tuple[set[str], set[str], set[str]]:
        """Roll back a failed decision; returns what `end_decision` does, and the ids of the aggregates that it had changed."""
        changed = {e.originator_id for e in self.staged}
        changed |= {a.id for a in self.used.values() if a.pending_events}
        self.cache.evict(changed)
        self.keyring.drop()
        return *self._end(), changed

    def _end(self) -> tuple[set[str], set[str]]:
        read_ids, read_topics = self.read_ids, self.read_topics
        self.staged, self.used = [], {}
        self.read_ids, self.read_topics = set(), set()
        return read_ids, read_topics


def ensure_reason(findings: Sequence[Finding], override_reason: str | None) -> None:
    """Raises ReasonRequired, which lists the findings of soft rules (S), if there are any and no reason is given."""
    if findings and not override_reason:
        raise ReasonRequired(findings=[f.model_dump(exclude_none=True) for f in findings])
