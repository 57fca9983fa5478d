"""What may be asked of a write service about its events: a history, the log, and how the stream differs from it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from siko_contracts.access import Access
from siko_contracts.queries.base import DEFAULT_LIMIT, Item, Limit, Query
from siko_contracts.values import Position, Stored

AUDIT = Access(free=("auditor",), sensitive=True)


class History(Query):
    NAME = "history"
    ACCESS = AUDIT
    ITEM = None

    aggregate_id: Stored


class Log(Query):
    NAME = "log"
    ACCESS = AUDIT
    ITEM = None

    after: Position = 0
    limit: Limit = DEFAULT_LIMIT


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


class Differences(Query):
    """Where the store of a write service and its stream differ, a page of positions at a time.

    The answer's `position` says up to which one they were compared, its `cursor` that there is more.
    """

    NAME = "differences"
    ACCESS = Access(free=("operator", "auditor"))
    ITEM = DifferenceItem

    limit: Annotated[int, Field(ge=1, le=1000)] = DEFAULT_LIMIT
    """How many positions are compared."""
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")] | None = None
    """The position behind which the page begins."""
