"""What may be asked of a service about itself: its history, its log, how far it has come, who read what."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.access import Role
from siko_contracts.queries.base import DEFAULT_LIMIT, Item, Query
from siko_contracts.values import Moment, Slug


class History(Query):
    aggregate_id: Annotated[str, Field(min_length=1)]


class Log(Query):
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT


class Positions(Query):
    """How far a service has come, itself and with those it follows: the answer's `position`. Every service answers."""

    NAME: ClassVar[str] = "positions"


class AccessLog(BaseModel):
    """Who read what, and who was refused for lack of rights; the latest first. Every service answers."""

    NAME: ClassVar[str] = "access_log"

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

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
