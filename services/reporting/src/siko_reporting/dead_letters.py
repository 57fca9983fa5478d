"""Parked events in the reporting database, by the statements that every service has."""

from collections.abc import Sequence

from siko_core.letters import Sought, Statements, letter, row
from siko_core.parking import Letter
from sqlalchemy import Connection

TABLE = "dead_letters"


def create(connection: Connection) -> None:
    for statement in _statements(connection).create:
        connection.exec_driver_sql(statement)


def keep(connection: Connection, letters: Sequence[Letter]) -> None:
    """Those that are kept already change."""
    if letters:
        connection.exec_driver_sql(
            _statements(connection).keep, [tuple(row(each)) for each in letters]
        )


def find(connection: Connection, sought: Sought) -> list[Letter]:
    statement, parameters = _statements(connection).select(sought)
    rows = connection.exec_driver_sql(statement, tuple(parameters)).mappings()
    return [letter(dict(found)) for found in rows]


def count_parked(connection: Connection) -> int:
    return int(connection.exec_driver_sql(_statements(connection).count).scalar_one())


def parked(connection: Connection) -> set[tuple[str, str]]:
    """Producers and aggregates of which something is parked."""
    rows = connection.exec_driver_sql(_statements(connection).aggregates)
    return {(found.producer, found.aggregate_id) for found in rows}


def _statements(connection: Connection) -> Statements:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return Statements(TABLE, f"{TABLE}_parked", mark)
