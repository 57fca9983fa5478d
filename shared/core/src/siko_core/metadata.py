"""Who acts, when it happened and when it is recorded: set for each decision, carried by each event."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

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

    def acting_for(self, authority_id: str) -> "Metadata":
        """The same with the default actor filled in; what an event keeps."""
        if self.actor is not None:
            return self
        actor = Actor(function="secretariat", body_id=authority_id)
        return self.model_copy(update={"actor": actor})


METADATA: ContextVar[Metadata] = ContextVar("METADATA")


@contextmanager
def _deciding(metadata: Metadata) -> Iterator[None]:
    token = METADATA.set(metadata)
    try:
        yield
    finally:
        METADATA.reset(token)


def deciding(metadata: Metadata) -> AbstractContextManager[None]:
    """Within, new events carry this metadata."""
    return _deciding(metadata)
