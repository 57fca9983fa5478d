"""The event store in an SQLite file: a batch is one transaction, and every commit is synced to disk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteFactory

from siko_core.eventsourced.recorder import UnitRecorder
from siko_core.letters import Letter, LetterFilter
from siko_core.positions import COMMITS, Place, Standing, Step, Written
from siko_core.store.dead_letters import Statements, letter, row


class SQLiteUnitRecorder(SQLiteApplicationRecorder, UnitRecorder):
    """Declares `rowid` as a column that is never reused: the library pages by the hidden one, which VACUUM may renumber."""

    _cursor: Any = None

    def __init__(self, datastore: Any, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.insert_events_statement = (
            f"INSERT INTO {events_table_name} (originator_id, originator_version, topic, state)"  # noqa: S608 - our own name
            " VALUES (?,?,?,?)"
        )
        self.answers, self.positions, self.marks = (
            f"{events_table_name}_{name}" for name in ("answers", "positions", "marks")
        )

    def construct_create_table_statements(self) -> list[str]:
        return [
            f"""CREATE TABLE IF NOT EXISTS {self.events_table_name}
             (rowid INTEGER PRIMARY KEY AUTOINCREMENT, originator_id TEXT NOT NULL,
             originator_version INTEGER NOT NULL, topic TEXT NOT NULL, state BLOB NOT NULL,
             UNIQUE (originator_id, originator_version))""",
            f"""CREATE TABLE IF NOT EXISTS {self.events_table_name}_answers
             (command_id TEXT PRIMARY KEY, answer TEXT NOT NULL, position INTEGER)""",
            f"""CREATE TABLE IF NOT EXISTS {self.events_table_name}_positions
             (producer TEXT PRIMARY KEY, position INTEGER NOT NULL, sequence INTEGER NOT NULL)""",
            f"""CREATE TABLE IF NOT EXISTS {self.events_table_name}_marks
             (key TEXT PRIMARY KEY, value TEXT NOT NULL)""",
            *self._letters.create,
        ]

    @cached_property
    def _letters(self) -> Statements:
        return Statements(
            f"{self.events_table_name}_dead_letters", f"{self.events_table_name}_parked", "?"
        )

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        if self._cursor is not None:
            yield self._cursor
        else:
            with self.datastore.transaction(commit=True) as cursor:
                yield cursor

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        with self.datastore.transaction(commit=True) as cursor:
            self._cursor = cursor
            try:
                # The library begins a deferred transaction: only a write takes the write lock.
                cursor.execute(f"DELETE FROM {self.answers} WHERE 0")  # noqa: S608 - our own name
                yield
            finally:
                self._cursor = None

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] | None = None,
        steps: Sequence[Step] = (),
        letters: Sequence[Letter] = (),
        **_: Any,
    ) -> Sequence[int]:
        with self._writing() as cursor:
            for step in steps:
                cursor.execute(
                    f"UPDATE {self.positions} SET position = ?, sequence = ?"  # noqa: S608 - our own name
                    " WHERE producer = ? AND position = ? RETURNING 1",
                    [step.position, step.sequence, step.producer, step.previous],
                )
                if cursor.fetchone() is None:
                    raise IntegrityError(f"not at the position that a step starts from: {step}")
            ids = super()._insert_events(cursor, stored_events) or []
            cursor.executemany(
                f"INSERT INTO {self.answers} VALUES (?, ?, ?)",  # noqa: S608 - our own name
                [(c, a, ids[-1] if ids else None) for c, a in (answers or {}).items()],
            )
            cursor.executemany(self._letters.keep, map(row, letters))
            return ids

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        marks = ",".join("?" * len(command_ids))
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                f"SELECT * FROM {self.answers} WHERE command_id IN ({marks})",  # noqa: S608 - our own name
                list(command_ids),
            )
            return {
                row["command_id"]: (row["answer"], row["position"]) for row in cursor.fetchall()
            }

    def position_of(self, originator_id: str) -> int | None:
        with self._writing() as cursor:
            cursor.execute(
                f"SELECT max(rowid) AS last FROM {self.events_table_name} WHERE originator_id = ?",  # noqa: S608 - our own name
                [originator_id],
            )
            last: int | None = cursor.fetchone()["last"]
        return last

    def answered_at(
        self, command_ids: Sequence[str], *, of_anybody: bool = False
    ) -> Mapping[str, int | None]:
        key = "substr(command_id, 1, 36)" if of_anybody else "command_id"
        marks = ",".join("?" * len(command_ids))
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                f"SELECT {key} AS id, max(position) AS last FROM {self.answers}"  # noqa: S608 - our own names
                f" WHERE {key} IN ({marks}) GROUP BY 1",
                list(command_ids),
            )
            return {row["id"]: row["last"] for row in cursor.fetchall()}

    def foreign(self, position: int, limit: int, last: int) -> Sequence[Written]:
        with self._writing() as cursor:
            cursor.execute(
                f"SELECT rowid, originator_id, originator_version, topic FROM {self.events_table_name}"  # noqa: S608 - our own name
                " WHERE rowid > ? AND rowid <= ? ORDER BY 1 LIMIT ?",
                [position, last, limit],
            )
            return [Written(*row) for row in cursor.fetchall()]

    def standing(self, position: int, limit: int) -> tuple[Standing, Sequence[Written]]:
        with self._writing() as cursor:
            cursor.execute(
                f"INSERT INTO {self.positions} VALUES (?, 0, 0) ON CONFLICT DO NOTHING",  # noqa: S608 - our own name
                [COMMITS],
            )
            cursor.execute(
                "SELECT position AS commits,"  # noqa: S608 - our own names
                f" (SELECT coalesce(max(rowid), 0) FROM {self.events_table_name}) AS last,"
                f" EXISTS ({self._letters.aggregates}) AS is_parked"
                f" FROM {self.positions} WHERE producer = ?",
                [COMMITS],
            )
            row = cursor.fetchone()
        standing = Standing(row["commits"], row["last"], bool(row["is_parked"]))
        return standing, self.foreign(position, limit, standing.last) if limit else ()

    def events_of(self, originator_id: str, after: int, limit: int | None) -> Sequence[StoredEvent]:
        return self.select_events(originator_id, gt=after, limit=limit)

    def place(self, producer: str) -> Place:
        places = self.places()
        if producer not in places:
            with self._writing() as cursor:
                cursor.execute(
                    f"INSERT INTO {self.positions} VALUES (?, 0, 0) ON CONFLICT DO NOTHING",  # noqa: S608 - our own name
                    [producer],
                )
        return places.get(producer, Place())

    def places(self) -> dict[str, Place]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(f"SELECT * FROM {self.positions}")  # noqa: S608 - our own name
            return {r["producer"]: Place(r["position"], r["sequence"]) for r in cursor.fetchall()}

    def mark(self, key: str, value: str) -> str:
        with self._writing() as cursor:
            cursor.execute(
                f"INSERT INTO {self.marks} VALUES (?, ?) ON CONFLICT DO NOTHING",  # noqa: S608 - our own name
                [key, value],
            )
            cursor.execute(f"SELECT value FROM {self.marks} WHERE key = ?", [key])  # noqa: S608 - our own name
            return str(cursor.fetchone()["value"])

    def parked(self) -> set[tuple[str, str]]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(self._letters.aggregates)
            return {(row["producer"], row["aggregate_id"]) for row in cursor.fetchall()}

    def count_parked(self) -> int:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(self._letters.count)
            return int(cursor.fetchone()["parked"])

    def letters(self, selection: LetterFilter) -> list[Letter]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(*self._letters.select(selection))
            return [letter(row) for row in cursor.fetchall()]

    def reserve(self, position: int) -> None:
        with self._writing() as cursor:
            table = self.events_table_name
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, 0"
                " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                [table, table],
            )
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", [position, table]
            )

    def move(self, first: int, last: int, by: int) -> None:
        with self._writing() as cursor:
            for table, column in ((self.events_table_name, "rowid"), (self.answers, "position")):
                cursor.execute(
                    f"UPDATE {table} SET {column} = {column} + ? WHERE {column} BETWEEN ? AND ?",  # noqa: S608 - our own name
                    [by, first, last],
                )

    def others_committed(self) -> bool:
        """Always False: SQLite has no notifications, so only the commit count can tell."""
        return False

    async def listen(self, wake: Callable[[], None]) -> None:
        """Return at once: SQLite has no notifications, so the relay polls."""

    def close(self) -> None:
        """Do nothing: there are no connections beyond the library's pool."""


class SQLiteUnitFactory(SQLiteFactory):
    application_recorder_class = SQLiteUnitRecorder
