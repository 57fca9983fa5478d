"""The one connection that writes, and all rows of a transaction at once: a round trip costs more than its work."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from psycopg.types.array import ListBinaryDumper
from siko_core.faults import writing_what_harms_nobody
from sqlalchemy import Connection, Engine, Insert, Table, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY

from siko_reporting.tables import archive, documents, tables

S = TypeVar("S", postgresql.Insert, sqlite.Insert)
PROBE = "(probe)"
BEGIN = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('siko.reporting'))"


class Writing:
    """Transactions that no other one writes beside: followers of several producers meet in one document."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """On a connection that is kept, its statements prepared; after an error on a new one the next time."""
        with self._turn:
            connection, self._connection = self._connection or self._connect(), None
            try:
                with connection.begin():
                    if connection.dialect.name == "sqlite":
                        connection.exec_driver_sql("BEGIN IMMEDIATE")
                    else:
                        _driver(connection).execute(BEGIN, prepare=False)
                    yield connection
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection

    def ensure_possible(self) -> None:
        """Write an event and a document, and remove them; Unavailable where that cannot be.

        While a transaction is being written it is taken to be possible.
        """
        if self._turn.locked():
            return
        now = datetime.now(UTC)
        event = {column.name: PROBE for column in archive.columns if isinstance(column.type, Text)}
        numbers = {"position": 0, "recorded_at": now, "known_at": now, "effective_on": now.date()}
        document = {column.name: PROBE for column in documents.columns}
        with writing_what_harms_nobody(), self.transaction() as connection:
            write(connection, Rows(archive, [{**event, **numbers}]), Rows(documents, [document]))
            connection.execute(archive.delete().where(archive.c.producer == PROBE))
            connection.execute(documents.delete().where(documents.c.view == PROBE))

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        if connection.dialect.name == "postgresql":
            # BEGIN goes out with the lock; an array in binary, because as text each element would be quoted.
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            _driver(connection).adapters.register_dumper(list, ListBinaryDumper)
        return connection

    def close(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class Rows(NamedTuple):
    """Of one table, with equal columns; with `replace`, what has their primary key changes instead."""

    table: Table
    rows: Sequence[Mapping[str, Any]]
    replace: bool = False


def write(connection: Connection, *parts: Rows) -> None:
    """Insert them all; on PostgreSQL in one statement, because psycopg spends 40 us on each row of an `executemany`."""
    parts = tuple(part for part in parts if part.rows)
    if connection.dialect.name == "sqlite":
        for part in parts:
            connection.execute(_row_by_row(part.table.name, replace=part.replace), part.rows)
    elif parts:
        forms = tuple((p.table.name, tuple(p.rows[0]), p.replace) for p in parts)
        connection.execute(
            _from_arrays(forms),
            {
                f"{table.name}_{name}": [row[name] for row in rows]
                for table, rows, _ in parts
                for name in rows[0]
            },
        )


@cache
def _from_arrays(forms: Sequence[tuple[str, Sequence[str], bool]]) -> Insert:
    first, *inserts = [_insert(table, names, replace=replace) for table, names, replace in forms]
    return first.add_cte(*(insert.cte(f"part_{n}") for n, insert in enumerate(inserts)))


def _insert(table_name: str, names: Sequence[str], *, replace: bool) -> postgresql.Insert:
    """With an array a column."""
    table = tables.tables[table_name]
    arrays = (bindparam(f"{table_name}_{name}", type_=ARRAY(table.c[name].type)) for name in names)
    rows = select(func.unnest(*arrays).table_valued(*names).render_derived())
    return _replacing(table, postgresql.insert(table).from_select(names, rows), replace=replace)


@cache
def _row_by_row(table_name: str, *, replace: bool) -> Insert:
    table = tables.tables[table_name]
    return _replacing(table, sqlite.insert(table), replace=replace)


def _replacing(table: Table, statement: S, *, replace: bool) -> S:
    if not replace:
        return statement
    updates = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=updates)


def _driver(connection: Connection) -> Any:
    """Psycopg's own connection."""
    return connection.connection.driver_connection
