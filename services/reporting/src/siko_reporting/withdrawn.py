"""What a producer has lost: the archive keeps it, and says so, but it counts in no view any more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from siko_contracts.events import Event, HistoryLost
from siko_contracts.queries.reporting import Withdrawn, WithdrawnItem
from siko_core import cursors
from siko_core.follower.message import Followed
from sqlalchemy import ColumnElement, Connection, Row, and_, not_, select, true

from siko_reporting.tables import archive, lost

NAME = "withdrawn"
log = structlog.get_logger()


def note(
    connection: Connection, producer: str, arrived: Sequence[tuple[Followed, Event, datetime]]
) -> None:
    """Keep which positions of this producer count no more from now on."""
    for followed, event, known_at in arrived:
        if isinstance(event, HistoryLost):
            stretch = {"producer": producer, "first": event.from_, "last": event.to}
            log.warning("history_withdrawn", **stretch)
            connection.execute(
                lost.insert().values(position=followed.position, known_at=known_at, **stretch)
            )


def is_any(connection: Connection) -> bool:
    return connection.execute(select(lost.c.position).limit(1)).first() is not None


def counting(connection: Connection, as_of: datetime | None) -> ColumnElement[bool]:
    """What of the archive counts, as far as losses were known by then."""
    return and_(true(), *(not_(_within(stretch)) for stretch in _lost(connection, as_of)))


def items(connection: Connection, query: Withdrawn) -> tuple[list[dict[str, Any]], str | None]:
    """What was withdrawn, by producer and position; and the next page's cursor."""
    stretches = [
        stretch
        for stretch in _lost(connection, query.as_of)
        if query.producer in {None, stretch.producer}
    ]
    withdrawn_items = {
        (row.producer, row.position): WithdrawnItem(
            producer=row.producer,
            position=row.position,
            type=row.type,
            event_id=row.event_id,
            aggregate_id=row.aggregate_id,
            recorded_at=row.recorded_at,
            withdrawn_at=stretch.known_at,
        )
        for stretch in reversed(stretches)  # what was lost twice was withdrawn the first time
        for row in connection.execute(select(archive).where(_within(stretch)))
    }
    behind = cursors.place(query.cursor) if query.cursor else ("", 0)
    keys = sorted(key for key in withdrawn_items if key > behind)
    on_page, cursor = cursors.page(keys, query.limit, lambda key: cursors.of_place(*key))
    return [withdrawn_items[key].model_dump(mode="json") for key in on_page], cursor


def _lost(connection: Connection, as_of: datetime | None) -> Sequence[Row[Any]]:
    """In the order in which it became known."""
    condition = true() if as_of is None else lost.c.known_at <= as_of
    ordered = select(lost).where(condition).order_by(lost.c.known_at, lost.c.position)
    return connection.execute(ordered).all()


def _within(stretch: Row[Any]) -> ColumnElement[bool]:
    return and_(
        archive.c.producer == stretch.producer,
        archive.c.position.between(stretch.first, stretch.last),
    )
