"""Aggregates whose events are Pydantic models under literal topics, and applications that stage saves."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, event
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic
from pydantic import BaseModel, ConfigDict
from siko_contracts.values import NRW, Finding

from siko_core.metadata import METADATA, Metadata, deciding
from siko_core.refusals import NotFound, ReasonRequired
from siko_core.sealed import Sealed
from siko_core.sealing import Keyring

__all__ = ["Aggregate", "Created", "DomainEvent", "EventSourcedApplication", "Saved", "event"]

NOT_IN_STATE = {"originator_id", "originator_version"}
CACHED_AGGREGATES = 10_000
INDEX_PAGE = 1000
A = TypeVar("A", bound="Aggregate")


class DomainEvent(BaseModel):
    """A fact of one aggregate. Its TOPIC is stored for ever and never derived from a Python name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str]
    originator_id: str
    originator_version: int
    authority_id: str = NRW
    metadata: Metadata

    @property
    def event_id(self) -> str:
        return f"{self.originator_id}@{self.originator_version}"

    timestamp: ClassVar[Any] = property(lambda self: self.metadata.recorded_at)

    def apply(self, aggregate: Any) -> None:
        """What every event does to its aggregate, beside its own `@event` method."""
        if self.originator_version == 1:
            aggregate.authority_id = self.authority_id
            aggregate.effective_at = self.metadata.effective_at
        else:
            aggregate.effective_at = max(aggregate.effective_at, self.metadata.effective_at)

    def _as_dict(self) -> dict[str, Any]:
        return {**vars(self), "timestamp": self.metadata.recorded_at}


class Created(DomainEvent, CanInitAggregate[str]):
    """The first event of an aggregate."""

    originator_topic: str


class Aggregate(BaseAggregate[str]):
    """State folded from its events. Public methods guard, private `@event` methods assign."""

    TOPIC: ClassVar[str]
    if TYPE_CHECKING:  # the library makes a dataclass of what it finds annotated
        authority_id: str
        effective_at: datetime

    class Event(DomainEvent, CanMutateAggregate[str]):
        """A later event of the aggregate."""

    @classmethod
    def _create(cls, event_class: Any, *, id: str | None = None, **kwargs: Any) -> Any:  # noqa: A002 - the library's name
        originator_id = id or cls.create_id(**kwargs)
        created = event_class(
            originator_topic=cls.TOPIC,
            originator_id=originator_id,
            originator_version=1,
            metadata=METADATA.get().acting_for(kwargs.get("authority_id", NRW)),
            **kwargs,
        )
        aggregate = created.mutate(None)
        aggregate.pending_events.append(created)
        return aggregate

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        kwargs.setdefault("authority_id", self.authority_id)
        triggered = event_class(
            originator_id=self.id,
            originator_version=self.version + 1,
            metadata=METADATA.get().acting_for(kwargs["authority_id"]),
            **kwargs,
        )
        triggered.mutate(self)
        self.pending_events.append(triggered)

    @property
    def event_id(self) -> str:
        """Of the aggregate's latest event."""
        return f"{self.id}@{self.version}"


class JsonMapper(Mapper[str]):
    """Stores an event as plain JSON, so that an auditor reads the table with SQL."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.TOPIC,
            state=domain_event.model_dump_json(exclude=NOT_IN_STATE).encode(),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return resolve_topic(stored_event.topic).model_validate_json(
            b'{"originator_id":%s,"originator_version":%d,%s'
            % (
                _json_string(str(stored_event.originator_id)),
                stored_event.originator_version,
                bytes(stored_event.state)[1:],
            )
        )


def _json_string(text: str) -> bytes:
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def fold(aggregate: Any, events: Iterable[Any]) -> Any:
    """`project_aggregate` without its protocol check an event, which is most of its time."""
    for each in events:
        aggregate = each.mutate(aggregate)
    return aggregate


@dataclass(frozen=True)
class Saved:
    """What a decision changed: id and version of its first aggregate, and what it went on in spite of."""

    id: str
    version: int
    findings: tuple[Finding, ...] = ()


class EventSourcedApplication(Application[str]):
    """Loads, calls and saves on the writer's thread; a save stages events that the writer commits."""

    env: ClassVar[dict[str, str]] = {"ORIGINATOR_ID_TYPE": "text"}
    mapper: JsonMapper

    def __init__(self, env: dict[str, str], keyring: Keyring) -> None:
        self.keyring = keyring
        self.staged: list[DomainEvent] = []
        self.staged_before: list[DomainEvent] = []
        self.touched: dict[str, Aggregate] = {}
        self._ids: dict[str, dict[str, None]] = {}
        self._indexed: dict[str, int] = {}
        super().__init__(env)

    def construct_mapper(self) -> JsonMapper:
        return JsonMapper(self.construct_transcoder())

    def construct_repository(self) -> Repository[str]:
        return Repository(
            self.events,
            cache_maxsize=CACHED_AGGREGATES,
            fastforward=False,
            deepcopy_from_cache=False,
        )

    # What a decision may use.

    @property
    def now(self) -> datetime:
        """The moment of recording: the clock of this decision."""
        return METADATA.get().recorded_at

    @property
    def effective_at(self) -> datetime:
        """When it happened: rules about dates are judged at it."""
        return METADATA.get().effective_at

    def find(self, aggregate_class: type[A], aggregate_id: str) -> A | None:
        """The aggregate, or None where there is none of this class with this id."""
        try:
            aggregate = self.repository.get(aggregate_id, projector_func=fold)
        except AggregateNotFoundError:
            return None
        if not isinstance(aggregate, aggregate_class):
            return None
        self.touched[aggregate_id] = aggregate
        return aggregate

    def get(self, aggregate_class: type[A], aggregate_id: str, field: str = "id") -> A:
        """The aggregate; `NotFound` that names the command's field where there is none."""
        aggregate = self.find(aggregate_class, aggregate_id)
        if aggregate is None:
            raise NotFound(f"{field}: there is no {aggregate_id!r}", field=field, id=aggregate_id)
        return aggregate

    def ids_of(self, aggregate_class: type[Aggregate]) -> list[str]:
        """Ids of all aggregates of a class, in order of creation: to find them, never to decide."""
        topics = [c.TOPIC for c in _created_events(aggregate_class)]
        known = self._ids.setdefault(aggregate_class.TOPIC, {})
        position = self._indexed.get(aggregate_class.TOPIC, 0)
        end = self.recorder.max_notification_id() or 0
        while position < end:
            page = self.recorder.select_notifications(
                position, INDEX_PAGE, end, topics, inclusive_of_start=False
            )
            known.update(dict.fromkeys(str(n.originator_id) for n in page))
            position = page[-1].id if len(page) == INDEX_PAGE else end
        self._indexed[aggregate_class.TOPIC] = position
        staged = {
            e.originator_id: None for e in self.staged_before + self.staged if e.TOPIC in topics
        }
        return list(known | staged)

    def happening(self, moment: datetime) -> AbstractContextManager[None]:
        """Within, new events happened at this moment instead (a clock result has its threshold's day)."""
        return deciding(METADATA.get().model_copy(update={"effective_at": moment}))

    def seal(self, owner: str, field: str, value: Any) -> Sealed[Any] | None:
        """Ciphertext of a value, bound to the event field that will hold it; None stays None."""
        return None if value is None else self.keyring.seal(owner, field, value)

    def save(self, *aggregates: Any, findings: Sequence[Finding] = (), **_: Any) -> Saved:  # type: ignore[override]
        """Stage the aggregates' new events, in the order given; the first one is the command's."""
        for aggregate in aggregates:
            self.touched[aggregate.id] = aggregate
            if new := aggregate.collect_events():
                self.staged += new
                self.repository.cache.put(aggregate.id, aggregate)  # type: ignore[union-attr]
        return Saved(aggregates[0].id, aggregates[0].version, tuple(findings))

    def policy(self, event: Any) -> None:
        """React to another service's event. What nobody here is interested in passes by."""

    # What the writer uses.

    def take(self) -> list[DomainEvent]:
        """What the decision staged; RuntimeError where it changed an aggregate and did not save it."""
        for aggregate in self.touched.values():
            if aggregate.pending_events:
                raise RuntimeError(f"{aggregate.id} was changed and not saved")
        taken, self.staged, self.touched = self.staged, [], {}
        self.staged_before += taken
        return taken

    def drop(self) -> set[str]:
        """Undo a decision that failed; returns the ids of the aggregates it had changed."""
        changed = {e.originator_id for e in self.staged}
        changed |= {a.id for a in self.touched.values() if a.pending_events}
        self.staged, self.touched = [], {}
        self.forget(changed)
        return changed

    def forget(self, aggregate_ids: Iterable[str]) -> None:
        """Drop aggregates from the cache that may not be what the store holds."""
        for aggregate_id in aggregate_ids:
            with suppress(KeyError):
                self.repository.cache.get(aggregate_id, evict=True)  # type: ignore[union-attr]


def _created_events(aggregate_class: type[Aggregate]) -> list[Any]:
    members = vars(aggregate_class).values()
    return [m for m in members if isinstance(m, type) and issubclass(m, Created)]


def ensure_reason(findings: Sequence[Finding], override_reason: str | None) -> None:
    """Soft rules (S): findings need a reason. Raises `ReasonRequired` that lists them."""
    if findings and not override_reason:
        raise ReasonRequired(findings=[f.model_dump(exclude_none=True) for f in findings])
