"""The event store of a running service as somebody with its database sees it: rows to read, change and put back."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg


@dataclass
class Row:
    position: int
    aggregate_id: str
    version: int
    topic: str
    state: dict[str, Any]
    raw: bytes = b""
    """Instead of the state, where it is no JSON any more."""

    @property
    def event_id(self) -> str:
        return f"{self.aggregate_id}@{self.version}"

    @property
    def columns(self) -> tuple[Any, ...]:
        state = self.raw or json.dumps(self.state, ensure_ascii=False).encode()
        return self.position, self.aggregate_id, self.version, self.topic, state


class Store:
    """Of one service. Rows are found as they were when it was made."""

    def __init__(self, url: str, service: str) -> None:
        self.url = url
        self.is_file = url.startswith("sqlite:")
        self.key = "rowid" if self.is_file else "notification_id"
        self.events = "stored_events" if self.is_file else f"{service}_events"
        self.answers = f"{self.events}_answers"
        self.columns = f"{self.key}, originator_id, originator_version, topic, state"
        self.untouched = self.rows()

    def rows(self) -> list[Row]:
        found = self.run(f"SELECT {self.columns} FROM {self.events} ORDER BY 1")
        return [Row(p, a, v, t, json.loads(bytes(s))) for p, a, v, t, s in found]

    def first(self, topic: str, number: int = 0) -> Row:
        return [row for row in self.untouched if row.topic == topic][number]

    def of(self, aggregate_id: str) -> list[Row]:
        return [row for row in self.untouched if row.aggregate_id == aggregate_id]

    def alone(self, topic: str, number: int = 0) -> Row:
        """The only event of its aggregate."""
        rows = [row for row in self.untouched if row.topic == topic]
        return [row for row in rows if len(self.of(row.aggregate_id)) == 1][number]

    def put(self, row: Row, **changes: Any) -> Row:
        """The row, changed, in place of what is at its position."""
        row = replace(row, **changes)
        self.delete(row)
        self.run(f"INSERT INTO {self.events} ({self.columns}) VALUES (?, ?, ?, ?, ?)", *row.columns)
        return row

    def append(self, row: Row) -> Row:
        """At the next position, as a writer would."""
        names = self.columns.partition(", ")[2]
        self.run(f"INSERT INTO {self.events} ({names}) VALUES (?, ?, ?, ?)", *row.columns[1:])
        return self.rows()[-1]

    def change(self, row: Row, change: Callable[[dict[str, Any]], Any]) -> Row:
        """`change` alters the event's JSON."""
        change(row.state)
        return self.put(row)

    def delete(self, *rows: Row) -> None:
        for row in rows:
            self.run(f"DELETE FROM {self.events} WHERE {self.key} = ?", row.position)

    def swap(self, one: Row, other: Row) -> None:
        self.delete(one, other)
        self.put(one, position=other.position)
        self.put(other, position=one.position)

    def run(self, statement: str, *parameters: Any) -> Sequence[Any]:
        """In a transaction of its own."""
        with self._transaction() as run:
            return run(statement, *parameters)

    @contextmanager
    def put_back(self) -> Iterator["Store"]:
        """Afterwards events and answers are what they were."""
        tables = {self.events: self.columns, self.answers: "command_id, answer, position"}
        held = {name: self.run(f"SELECT {columns} FROM {name}") for name, columns in tables.items()}
        try:
            yield self
        finally:
            with self._transaction() as run:
                for name, rows in held.items():
                    run(f"DELETE FROM {name}")
                    marks = ", ".join("?" * len(rows[0]))
                    for row in rows:
                        run(f"INSERT INTO {name} ({tables[name]}) VALUES ({marks})", *row)

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., Sequence[Any]]]:
        if self.is_file:
            path = self.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=10)) as file, file:
                yield lambda statement, *values: file.execute(statement, values).fetchall()
            return
        with psycopg.connect(self.url) as connection:

            def run(statement: str, *values: Any) -> Sequence[Any]:
                cursor = connection.execute(statement.replace("?", "%s"), values)
                return cursor.fetchall() if cursor.description else ()

            yield run
