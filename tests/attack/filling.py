"""Fills new databases with the stores that an earlier version has left, its own tables included."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

STORES = Path(__file__).parent / "stores"
EVENTS = "stored_events"
"""What SQLite's tables are called after."""
BYTES = {EVENTS: "state", f"{EVENTS}_dead_letters": "body"}
"""Columns that hold no text."""


def fill(urls: Mapping[str, str], file: Path) -> None:
    """`urls`: of the databases of the services that the file has stores of."""
    for service, store in json.loads(file.read_text("utf-8")).items():
        address = urls[service]
        if address.startswith("sqlite:///"):
            _fill_sqlite(address.removeprefix("sqlite:///"), store)
        else:
            _fill_postgres(address, service, store)


def _fill_sqlite(database: str, store: Mapping[str, Any]) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in store["sqlite"]:
            connection.execute(table["create"])
            for row in table["rows"]:
                marks = ", ".join("?" * len(row))
                statement = f"INSERT INTO {table['table']} ({', '.join(row)}) VALUES ({marks})"
                connection.execute(statement, _values(table, row))


def _fill_postgres(url: str, service: str, store: Mapping[str, Any]) -> None:
    with psycopg.connect(url) as connection:
        for statement in store["postgresql"]:
            connection.execute(statement)
        for table in store["sqlite"]:
            name = table["table"].replace(EVENTS, f"{service}_events", 1)
            for row in table["rows"]:
                columns = ["notification_id" if column == "rowid" else column for column in row]
                statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    Identifier(name),
                    SQL(", ").join(map(Identifier, columns)),
                    SQL(", ").join(Placeholder() * len(row)),
                )
                connection.execute(statement, _values(table, row))
        connection.execute(
            SQL(
                "SELECT setval(pg_get_serial_sequence({}, 'notification_id'), max(notification_id)) FROM {}"
            ).format(f"{service}_events", Identifier(f"{service}_events"))
        )


def _values(table: Mapping[str, Any], row: Mapping[str, Any]) -> list[Any]:
    in_bytes = BYTES.get(table["table"])
    return [value.encode() if name == in_bytes else value for name, value in row.items()]
