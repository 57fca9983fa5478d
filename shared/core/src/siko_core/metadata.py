"""Who acts, when it happened and when it is recorded: set for each decision, carried by each event."""

from contextvars import ContextVar
from datetime import datetime

from siko_contracts.values import Actor, Moment, Value


class Metadata(Value):
    """Arguments of a decision that every event of it keeps."""

    effective_at: Moment
    recorded_at: Moment
    actor: Actor | None = None
    """None while deciding means: the secretariat of whatever authority the event belongs to."""
    command_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    def not_before(self, moment: datetime | None) -> "Metadata":
        """The same, recorded at this moment where it would be earlier; so did happen what happens now."""
        if moment is None or moment <= self.recorded_at:
            return self
        now = self.effective_at == self.recorded_at
        effective_at = moment if now else self.effective_at
        return self.model_copy(update={"recorded_at": moment, "effective_at": effective_at})

    def acting_for(self, authority_id: str) -> "Metadata":
        """The same with the default actor filled in; what an event keeps."""
        if self.actor is not None:
            return self
        actor = Actor(function="secretariat", body_id=authority_id)
        return self.model_copy(update={"actor": actor})


METADATA: ContextVar[Metadata] = ContextVar("METADATA")


class deciding:  # noqa: N801 - reads as what it does; a generator would take three times as long
    """Within, new events carry this metadata."""

    __slots__ = ("_metadata", "_token")

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def __enter__(self) -> None:
        self._token = METADATA.set(self._metadata)

    def __exit__(self, *_: object) -> None:
        METADATA.reset(self._token)
