"""What every query may carry, and how it is answered. A row may grow fields, never lose one."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from siko_contracts.requests import Request
from siko_contracts.values import Day, Line, Moment, Position, Slug

DEFAULT_LIMIT = 500
MOST_PRODUCERS = 16
Limit = Annotated[int, Field(ge=1, le=10_000)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=2000), Line]
"""From an answer; where the next page begins."""
AnyYear = Annotated[int, Field(ge=1900, le=2199)]


class Item(BaseModel):
    model_config = ConfigDict(extra="ignore", serialize_by_alias=True, defer_build=True)


class AnyQuery(Request):
    """A query with what its answer's items are."""

    ITEM: ClassVar[type[Item] | None]
    """None where an answer has none, or where they are a service's own events."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Raises TypeError if a named query does not state its item."""
        super().__pydantic_init_subclass__()
        if "NAME" in vars(cls) and "ITEM" not in vars(cls):
            raise TypeError(f"{cls.__name__} has no ITEM: say what an answer's items are, or None")


class Query(AnyQuery):
    """Parameters that a query of a service's facts knows."""

    at_least: Annotated[dict[Slug, Position], Field(max_length=MOST_PRODUCERS)] = {}
    """Wait (2 s at most) until these producers' positions have been seen, else `NotYetKnown`."""
    as_of: Moment | None = None
    """What had been recorded by then."""
    effective_on: Day | None = None
    """What was true on that day."""


class ListQuery(Query):
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None


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
