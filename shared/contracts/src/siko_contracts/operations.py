"""What every service alike answers its operators."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from siko_contracts.queries import DEFAULT_LIMIT, AccessLog, Cursor, Item, Limit, Positions
from siko_contracts.values import Moment, Slug, Stored


class DeadLetters(BaseModel):
    """Events of others that this service has parked, and what became of them; every service answers."""

    NAME: ClassVar[str] = "dead_letters"

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    id: Stored | None = None
    """With it the item holds the event's body."""
    state: Literal["parked", "replayed", "discarded"] | None = None
    producer: Slug | None = None
    aggregate_id: Stored | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None


class DeadLetterItem(Item):
    """One event that was parked; `error` is null where it only waits behind another of its aggregate."""

    id: str
    """`<producer>.<position>`, the message's `ce-id`."""
    producer: str
    position: int
    type: str
    aggregate_id: str
    event_id: str | None
    correlation_id: str | None
    error: str | None
    found_in: str | None
    attempts: int
    parked_at: Moment
    state: str
    settled_at: Moment | None
    settled_by: str | None
    reason: str | None
    body: Any = None


QUERIES: dict[str, type[BaseModel]] = {
    DeadLetters.NAME: DeadLetters,
    AccessLog.NAME: AccessLog,
    Positions.NAME: Positions,
}
"""Query -> its parameters."""
