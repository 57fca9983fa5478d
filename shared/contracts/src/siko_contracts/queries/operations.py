"""What every service alike answers: its dead letters, who read what, and how far it has come."""

from typing import Any, Literal

from siko_contracts.access import AT_AN_AUTHORITY, Access, Role
from siko_contracts.queries.base import DEFAULT_LIMIT, AnyQuery, Cursor, Item, Limit, Query
from siko_contracts.values import Moment, Name, Position, Slug, Stored


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


class DeadLetters(AnyQuery):
    """Events of others that this service has parked, and what became of them; every service answers."""

    NAME = "dead_letters"
    ACCESS = Access(free=("operator", "auditor"))
    ITEM = DeadLetterItem

    id: Stored | None = None
    """With it the item holds the event's body."""
    state: Literal["parked", "replayed", "discarded"] | None = None
    producer: Slug | None = None
    aggregate_id: Stored | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None


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


class AccessLog(AnyQuery):
    """Who read what, and who was refused for lack of rights; the latest first. Every service answers."""

    NAME = "access_log"
    ACCESS = Access(free=("auditor",), sensitive=True)
    ITEM = AccessItem

    since: Moment | None = None
    subject: Stored | None = None
    role: Role | None = None
    held_for: Slug | None = None
    outcome: Name | None = None
    """`given`, or the refusal's code."""
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None


class EpochItem(Item):
    """An epoch of the service's own log. It begins behind the positions that count as lost, where there are any."""

    epoch: str
    lost_from: Position | None
    lost_to: Position | None


class Positions(Query):
    """How far a service has come, itself and with those it follows: the answer's `position`. Every service answers.

    The items are the epochs of its own log, the present one last; reporting has no log.
    """

    NAME = "positions"
    ACCESS = Access(free=(*AT_AN_AUTHORITY, "ministry", "auditor", "operator", "service"))
    ITEM = EpochItem
