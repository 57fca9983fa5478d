"""Metadata of a decision, carried by each of its events: who acts, when it happened and when it is recorded."""

from contextvars import ContextVar
from datetime import datetime

from siko_contracts.values import NRW, Actor, Moment, Value


class Metadata(Value):
    """Arguments of a decision that each of its events stores."""

    effective_at: Moment
    recorded_at: Moment
    actor: Actor | None = None
    """None during a decision stands for the secretariat of the authority that the event belongs to."""
    command_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    def not_before(self, moment: datetime | None) -> "Metadata":
        """A copy recorded no earlier than this moment; if it happens now, it also happens no earlier."""
        if moment is None or moment <= self.recorded_at:
            return self
        now = self.effective_at == self.recorded_at
        effective_at = moment if now else self.effective_at
        return self.model_copy(update={"recorded_at": moment, "effective_at": effective_at})

    def acting_for(self, authority_id: str) -> "Metadata":
        """A copy with the default actor filled in, as an event stores it."""
        if self.actor is not None:
            return self
        actor = Actor(function="secretariat", body_id=authority_id)
        return self.model_copy(update={"actor": actor})


def service_actor(service: str) -> Actor:
    """The actor of what a service decides by itself: when it starts, on a new day, on another service's event."""
    return Actor(function=f"service {service}", body_id=NRW)


METADATA: ContextVar[Metadata] = ContextVar("METADATA")


class deciding:  # noqa: N801 - a context manager, used like a function; a generator takes three times as long
    """Context in which new events carry this metadata."""

    __slots__ = ("_metadata", "_token")

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def __enter__(self) -> None:
        self._token = METADATA.set(self._metadata)

    def __exit__(self, *_: object) -> None:
        METADATA.reset(self._token)
