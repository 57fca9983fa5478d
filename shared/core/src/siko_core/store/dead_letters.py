"""SQL for dead letters, the same on SQLite and PostgreSQL except for the parameter marks."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from siko_core.letters import COLUMNS, PARKED, Letter, LetterFilter

KEPT = ("id", "producer", "position", "sequence", "type", "aggregate_id", "event_id", "body")
"""Columns that never change once a letter is stored."""
CREATE = """CREATE TABLE IF NOT EXISTS {table} (id text PRIMARY KEY, producer text NOT NULL,
 position bigint NOT NULL, sequence bigint NOT NULL, type text NOT NULL, aggregate_id text NOT NULL,
 event_id text, body bytea NOT NULL, correlation_id text, error text, found_in text,
 attempts integer NOT NULL, parked_at text NOT NULL, state text NOT NULL, settled_at text,
 settled_by text, reason text, command_id text)"""
INDEX = (
    "CREATE INDEX IF NOT EXISTS {index} ON {table} (producer, aggregate_id) WHERE state = 'parked'"
)


class Statements:
    """Statements for one table; `mark` is the parameter mark (`?` or `%s`)."""

    def __init__(self, table: str, index: str, mark: str) -> None:
        self.table = table
        self.mark = mark
        self.create = (CREATE.format(table=table), INDEX.format(table=table, index=index))
        marks = ", ".join([mark] * len(COLUMNS))
        change = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEPT)
        self.keep = (
            f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names
            f" ON CONFLICT (id) DO UPDATE SET {change}"
        )
        where = f"FROM {table} WHERE state = '{PARKED}'"
        self.aggregates = f"SELECT DISTINCT producer, aggregate_id {where}"
        self.count = f"SELECT count(*) AS parked {where}"

    def select(self, selection: LetterFilter) -> tuple[str, list[Any]]:
        """The query for these letters, ordered by producer and position, and its parameters."""
        given = {name: value for name, value in asdict(selection).items() if value is not None}
        limit, after, up_to = (given.pop(name, None) for name in ("limit", "after", "up_to"))
        conditions = [f"{name} = {self.mark}" for name in given]
        parameters = list(given.values())
        if up_to is not None:
            conditions.append(f"position <= {self.mark}")
            parameters.append(up_to)
        if after is not None:
            conditions.append(f"(producer, position) > ({self.mark}, {self.mark})")
            parameters += after
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = f"SELECT * FROM {self.table}{where} ORDER BY producer, position"  # noqa: S608 - our own names
        if limit is not None:
            statement += f" LIMIT {self.mark}"
            parameters.append(limit)
        return statement, parameters


def row(letter: Letter) -> list[Any]:
    """A letter as the parameters of `keep`."""
    return [getattr(letter, name) for name in COLUMNS]


def letter(found: Mapping[str, Any]) -> Letter:
    """A row as a letter."""
    return Letter(**{name: found[name] for name in COLUMNS})
