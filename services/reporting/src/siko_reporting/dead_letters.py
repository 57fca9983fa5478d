"""Parked events in the reporting database, by the statements that every service has, and their places in the archive."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from siko_core.calendar import berlin_day
from siko_core.letters import Letter, LetterFilter
from siko_core.store.dead_letters import Statements, letter, row
from sqlalchemy import Boolean, ColumnElement, Connection, literal_column, select

from siko_reporting.tables import archive

TABLE = "dead_letters"
NOT_TAKEN_IN = "parked:"
"""Before the type, in the archive: such rows are of no type that a view knows."""


def create(connection: Connection) -> None:
    for statement in _statements(connection).create:
        connection.exec_driver_sql(statement)


def keep(connection: Connection, letters: Sequence[Letter]) -> None:
    """Those that are kept already change."""
    if letters:
        connection.exec_driver_sql(
            _statements(connection).keep, [tuple(row(item)) for item in letters]
        )


def find(connection: Connection, selection: LetterFilter) -> list[Letter]:
    statement, parameters = _statements(connection).select(selection)
    rows = connection.exec_driver_sql(statement, tuple(parameters)).mappings()
    return [letter(dict(columns)) for columns in rows]


def count_parked(connection: Connection) -> int:
    return int(connection.exec_driver_sql(_statements(connection).count).scalar_one())


def is_any() -> ColumnElement[bool]:
    """A column: whether anything is parked."""
    return literal_column(f"EXISTS ({Statements(TABLE, '', '').aggregates})", Boolean).label(
        "is_any"
    )


def parked(connection: Connection) -> set[tuple[str, str]]:
    """Producers and aggregates of which something is parked."""
    rows = connection.exec_driver_sql(_statements(connection).aggregates)
    return {(aggregate.producer, aggregate.aggregate_id) for aggregate in rows}


def place_of(letter: Letter, known_at: datetime) -> dict[str, Any]:
    """The archive's row of a parked event: what comes later stands behind it, also when it is replayed."""
    return {
        "producer": letter.producer,
        "position": letter.position,
        "type": f"{NOT_TAKEN_IN}{letter.type}",
        "event_id": letter.event_id or "",
        "aggregate_id": letter.aggregate_id,
        "recorded_at": known_at,
        "known_at": known_at,
        "effective_on": berlin_day(known_at),
        "body": "",
    }


def known_at(connection: Connection, letter: Letter) -> datetime:
    """When the event would have been known, had it not been parked."""
    moment: datetime = connection.execute(
        select(archive.c.known_at).filter_by(producer=letter.producer, position=letter.position)
    ).scalar_one()
    return moment


def fill(connection: Connection, row: Mapping[str, Any]) -> None:
    """Put what is taken in into its place in the archive."""
    place = {name: row[name] for name in ("producer", "position")}
    connection.execute(archive.update().filter_by(**place).values(row))


def _statements(connection: Connection) -> Statements:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return Statements(TABLE, f"{TABLE}_parked", mark)
