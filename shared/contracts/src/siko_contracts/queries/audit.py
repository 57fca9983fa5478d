"""What may be asked of a service about itself: its history, its log, how far it has come, who read what."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from siko_contracts.access import Role
from siko_contracts.queries.base import DEFAULT_LIMIT, Cursor, Item, Limit, Query
from siko_contracts.values import Moment, Name, Position, Slug, Stored


class History(Query):
    aggregate_id: Stored


class Log(Query):
    after: Position = 0
    limit: Limit = DEFAULT_LIMIT


class Differences(Query):
    """Where the store of a write service and its stream differ, a page of positions at a time.

    The answer's `position` says up to which one they were compared, its `cursor` that there is more.
    """

    NAME: ClassVar[str] = "differences"

    limit: Annotated[int, Field(ge=1, le=1000)] = DEFAULT_LIMIT
    """How many positions are compared."""
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")] | None = None
    """The position behind which the page begins."""


class DifferenceItem(Item):
    """One position at which something is not as it was published.

    `Changed`: `fields` (or headers) of the event are not those of the stream's message. `NotStored`: only the stream
    has an event there. `NotPublished`: only the store has, and the stream has gone on. `Withdrawn`: the store has an
    event at a position that `history_lost` has given up. `Undecided`: the event names a command that was never
    answered, or none, and the service did not make it by itself. `Unreadable`: the row is no event.
    `SealBroken`: the sealed texts of `fields` are not those that were sealed there.
    `Foreign`: a message on the stream behind this position is none of the service's.
    """

    position: int
    event_id: str
    code: str
    fields: tuple[str, ...] = ()
    """Names, never values."""


class Positions(Query):
    """How far a service has come, itself and with those it follows: the answer's `position`. Every service answers."""

    NAME: ClassVar[str] = "positions"


class AccessLog(BaseModel):
    """Who read what, and who was refused for lack of rights; the latest first. Every service answers."""

    NAME: ClassVar[str] = "access_log"

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    since: Moment | None = None
    subject: Stored | None = None
    role: Role | None = None
    held_for: Slug | None = None
    outcome: Name | None = None
    """`given`, or the refusal's code."""
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
