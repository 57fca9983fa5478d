"""What every service answers to those who run it and check it."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.access import Role
from siko_contracts.queries import DEFAULT_LIMIT, Item, Query
from siko_contracts.values import Moment, Slug


class Positions(Query):
    """How far a service has come, itself and with those it follows: the answer's `position`. Every service answers."""

    NAME: ClassVar[str] = "positions"


class AccessLog(BaseModel):
    """Who read what, and who was refused for lack of rights; the latest first. Every service answers."""

    NAME: ClassVar[str] = "access_log"

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Moment | None = None
    subject: str | None = None
    role: Role | None = None
    held_for: Slug | None = None
    outcome: str | None = None
    """`given`, or the refusal's code."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT
    cursor: str | None = None


class AccessItem(Item):
    """One line of the access log; `subject` is the identity provider's opaque name, null where nobody was known."""

    at: Moment
    service: str
    subject: str | None
    role: str | None
    held_for: str | None
    asked: str
    """`query reporting.conference`, `command scheduler.cancel_conference`."""
    about: str
    """JSON of the ids that were asked for."""
    basis: str
    """What the right rests on: the authority or body, `all` for a role that sees everything."""
    outcome: str


class DeadLetters(BaseModel):
    """Events of others that this service has parked, and what became of them; every service answers."""

    NAME: ClassVar[str] = "dead_letters"

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    id: str | None = None
    """With it the item holds the event's body."""
    state: Literal["parked", "replayed", "discarded"] | None = None
    producer: Slug | None = None
    aggregate_id: str | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT
    cursor: str | None = None


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


OPERATIONS: dict[str, type[BaseModel]] = {
    model.NAME: model for model in (AccessLog, DeadLetters, Positions)
}
"""Query -> its parameters."""
