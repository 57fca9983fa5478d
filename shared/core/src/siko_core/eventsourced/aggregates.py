"""Aggregates and their events: Pydantic models under literal topics, stored as readable JSON."""

from collections.abc import Iterable
from datetime import datetime
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, ClassVar

from eventsourcing.domain import BaseAggregate, CanInitAggregate, CanMutateAggregate, event
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import resolve_topic
from pydantic import BaseModel, ConfigDict
from siko_contracts.values import NRW

from siko_core.metadata import METADATA, Metadata
from siko_core.refusals import InvalidCommand

__all__ = ["Aggregate", "Created", "DomainEvent", "JsonMapper", "event", "fold", "topics_of"]

NOT_IN_STATE = {"originator_id", "originator_version"}
LARGEST_EVENT = 500_000
"""Bytes: half of an unconfigured broker's message limit, so that every stored event can be published."""


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
        """Update the state that all events share; runs beside the event's own `@event` method."""
        if self.originator_version == 1:
            aggregate.authority_id = self.authority_id
            aggregate.effective_at = self.metadata.effective_at
        else:
            aggregate.effective_at = max(aggregate.effective_at, self.metadata.effective_at)

    def _as_dict(self) -> dict[str, Any]:
        """The arguments that `@event` methods may take."""
        return vars(self)


class Created(DomainEvent, CanInitAggregate[str]):
    """The first event of an aggregate."""

    originator_topic: str

    def _as_dict(self) -> dict[str, Any]:
        return {**vars(self), "timestamp": self.timestamp}


class Aggregate(BaseAggregate[str]):
    """State folded from its events. Public methods guard, private `@event` methods assign."""

    TOPIC: ClassVar[str]
    if TYPE_CHECKING:  # else the library turns annotated attributes into dataclass fields
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
        """Id of the aggregate's latest event."""
        return f"{self.id}@{self.version}"

    @property
    def next_event_id(self) -> str:
        """Id of the event that an `@event` method is applying; the version is incremented only afterwards."""
        return f"{self.id}@{self.version + 1}"


class JsonMapper(Mapper[str]):
    """Stores an event as plain JSON, so that an auditor reads the table with SQL."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Serialize an event. Raises InvalidCommand if it is too large, which nobody could repair once it is stored."""
        state = domain_event.__pydantic_serializer__.to_json(domain_event, exclude=NOT_IN_STATE)
        if len(state) > LARGEST_EVENT:
            raise InvalidCommand(
                limit=f"an event may have {LARGEST_EVENT} bytes, and this one has {len(state)}: say it in fewer words"
            )
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.TOPIC,
            state=state,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return resolve_topic(stored_event.topic).model_validate_json(
            b'{"originator_id":%s,"originator_version":%d,%s'
            % (
                encode_basestring(str(stored_event.originator_id)).encode(),
                stored_event.originator_version,
                bytes(stored_event.state)[1:],
            )
        )


def topics_of(aggregate_class: type[Aggregate]) -> list[str]:
    """Topics of all events that the class declares."""
    members = (member for member in vars(aggregate_class).values() if isinstance(member, type))
    event_classes = (member for member in members if issubclass(member, DomainEvent))
    return [event_class.TOPIC for event_class in event_classes if "TOPIC" in vars(event_class)]


def fold(aggregate: Any, events: Iterable[Any]) -> Any:
    """Fold events into an aggregate, as `project_aggregate` without its protocol check per event, most of its cost."""
    for domain_event in events:
        aggregate = domain_event.mutate(aggregate)
    return aggregate
