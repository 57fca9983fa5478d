"""What may befall a database while a service runs on it; each ends with the block."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg


@contextmanager
def narrowed(url: str, table: str, column: str, most: int) -> Iterator[None]:
    """The column takes no text of more characters."""
    if url.startswith("sqlite"):
        _on_sqlite(
            url,
            f"CREATE TRIGGER narrowed BEFORE INSERT ON {table} WHEN length(NEW.{column}) > {most}"
            " BEGIN SELECT RAISE(ABORT, 'too long'); END",
        )
        undo = "DROP TRIGGER narrowed"
    else:
        alter = f"ALTER TABLE {table} ALTER COLUMN {column} TYPE"
        _on_postgresql(url, f"{alter} varchar({most}) USING {column}::varchar({most})")
        undo = f"{alter} text"
    try:
        yield
    finally:
        (_on_sqlite if url.startswith("sqlite") else _on_postgresql)(url, undo)


@contextmanager
def constrained(url: str, table: str, condition: str) -> Iterator[None]:
    """No row comes in, and none is changed, for which this is not true (`$` before a column): an integrity error."""
    if url.startswith("sqlite"):
        when = condition.replace("$", "NEW.")
        for deed in ("INSERT", "UPDATE"):
            _on_sqlite(
                url,
                f"CREATE TRIGGER constrained_{deed} BEFORE {deed} ON {table} WHEN NOT ({when})"
                " BEGIN SELECT RAISE(ABORT, 'not true'); END",
            )
        undo = "DROP TRIGGER constrained_INSERT; DROP TRIGGER constrained_UPDATE"
    else:
        check = condition.replace("$", "")
        _on_postgresql(
            url, f"ALTER TABLE {table} ADD CONSTRAINT constrained CHECK ({check}) NOT VALID"
        )
        undo = f"ALTER TABLE {table} DROP CONSTRAINT constrained"
    try:
        yield
    finally:
        (_on_sqlite if url.startswith("sqlite") else _on_postgresql)(url, undo)


@contextmanager
def read_only(url: str) -> Iterator[None]:
    """A database of PostgreSQL takes no more writing, nor do the connections that it has."""
    name = urlsplit(url).path[1:]
    try:
        _read_only(url, name, "on")
        yield
    finally:
        _read_only(url, name, "off")


def _read_only(url: str, name: str, state: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {state}")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )


@contextmanager
def nothing_written_by(pid: int) -> Iterator[None]:
    """Every file is as large as it may be for this process."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def _on_sqlite(url: str, statement: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
    connection.executescript(statement)
    connection.close()


def _on_postgresql(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
