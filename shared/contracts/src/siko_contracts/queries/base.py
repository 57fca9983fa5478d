"""What every query may carry, and how it is answered. A row may grow fields, never lose one."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.values import Moment

DEFAULT_LIMIT = 500


class Query(BaseModel):
    """Parameters that every query knows; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    at_least: dict[str, Annotated[int, Field(ge=0)]] = {}
    """Wait (2 s at most) until these producers' positions have been seen, else `NotYetKnown`."""
    as_of: Moment | None = None
    """What had been recorded by then."""
    effective_on: date | None = None
    """What was true on that day."""


class ListQuery(Query):
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT
    cursor: str | None = None


class QueryAnswer(BaseModel):
    ok: Literal[True] = True
    as_of: Moment | None = None
    position: dict[str, int] = {}
    """Producer -> last position that the answer rests on."""
    complete: bool = True
    """Nothing that the answer may rest on is parked."""
    parked: list[str] = []
    """Ids of what is missing facts that are parked; the first ones, where they are many."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    """Cursor of the next page."""


class Item(BaseModel):
    model_config = ConfigDict(extra="ignore", serialize_by_alias=True, defer_build=True)
