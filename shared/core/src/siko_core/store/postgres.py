"""The event store on PostgreSQL: a batch is one statement, one round trip and one commit."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from psycopg.rows import dict_row, tuple_row
from psycopg.sql import SQL, Identifier

from siko_core.databases import PATIENCE
from siko_core.eventsourced.recorder import UnitRecorder
from siko_core.letters import Letter, LetterFilter
from siko_core.positions import COMMITS, Place, Standing, Step, Written
from siko_core.store.dead_letters import Statements, letter, row
from siko_core.store.postgres_statements import StoreStatements


class PostgresUnitRecorder(PostgresApplicationRecorder, UnitRecorder):
    """Writes on a connection of its own (one writer per process), reads through the library's pool."""

    def __init__(self, datastore: Any, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        if datastore.enable_db_functions:
            message = "POSTGRES_ENABLE_DB_FUNCTIONS loses events for a tailing reader; unset it"
            raise OperationalError(message)
        given = {n: v for n, v in datastore.pool.kwargs.items() if n != "row_factory"}
        self._parameters = given | PATIENCE
        datastore.pool.kwargs |= PATIENCE
        self._lock = threading.RLock()
        self._writing: psycopg.Connection[Any] | None = None
        self._writing_pid = 0
        self._others_committed = False
        self._letters = Statements(
            Identifier(datastore.schema, f"{events_table_name}_dead_letters").as_string(),
            Identifier(f"{events_table_name}_parked").as_string(),
            "%s",
        )
        statements = StoreStatements(
            datastore.schema,
            events_table_name,
            self.channel_name,
            datastore.lock_timeout,
            self._letters.aggregates,
        )
        self.sql_create_statements += [
            *statements.create,
            *(SQL(statement).format() for statement in self._letters.create),
        ]
        self._sql = statements.sql

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The writer's connection, reopened after a failure; psycopg's errors become the library's."""
        with self._lock:
            try:
                if self._writing is None or self._writing.closed:
                    self._writing = psycopg.connect(
                        **self._parameters, autocommit=True, row_factory=dict_row
                    )
                    # The lock may be held by a machine that is gone: time out, and the client retries.
                    self._writing.execute(self._sql["patience"])
                    self._writing_pid = self._writing.info.backend_pid
                    self._writing.add_notify_handler(lambda notice: self._heard_of(notice.pid))
                    self._writing.execute(self._sql["listen"])
                yield self._writing
            except (psycopg.errors.IntegrityError, psycopg.errors.DivisionByZero) as error:
                raise IntegrityError(error) from error
            except psycopg.OperationalError as error:
                self._hang_up()
                raise OperationalError(error) from error
            except psycopg.InterfaceError as error:
                self._hang_up()
                raise InterfaceError(error) from error
            except psycopg.Error as error:
                self._hang_up()
                raise PersistenceError(error) from error

    def create_table(self) -> None:
        """Create the tables under the lock: `IF NOT EXISTS` races in PostgreSQL if replicas start together."""
        with self.exclusively():
            super().create_table()

    def _hang_up(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None

    def close(self) -> None:
        with self._lock:
            self._hang_up()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        with self._connection() as connection:
            connection.execute(self._sql["begin"], prepare=False)
            try:
                yield
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] | None = None,
        steps: Sequence[Step] = (),
        letters: Sequence[Letter] = (),
        **_: Any,
    ) -> Sequence[int]:
        parameters = [
            [s.producer for s in steps],
            [s.previous for s in steps],
            [s.position for s in steps],
            [s.sequence for s in steps],
            len(steps),
            [e.originator_id for e in stored_events],
            [e.originator_version for e in stored_events],
            [e.topic for e in stored_events],
            [e.state for e in stored_events],
            list(answers or {}),
            list((answers or {}).values()),
        ]
        # One statement in one round trip. Letters need a second statement, and so a transaction around both.
        with (
            self._connection() as connection,
            connection.transaction() if letters else nullcontext(),
        ):
            stored = connection.execute(self._sql["insert"], parameters, prepare=True).fetchone()
            if letters:
                connection.cursor().executemany(self._letters.keep, list(map(row, letters)))
        ids: list[int] | None = stored["ids"] if stored else None
        return ids or []

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        with self._connection() as connection:
            rows = connection.execute(self._sql["answered"], [list(command_ids)]).fetchall()
        return {row["command_id"]: (row["answer"], row["position"]) for row in rows}

    def position_of(self, originator_id: str) -> int | None:
        with self._connection() as connection:
            row = connection.execute(self._sql["position_of"], [originator_id]).fetchone()
        return row["last"] if row else None

    def answered_at(
        self, command_ids: Sequence[str], *, of_anybody: bool = False
    ) -> Mapping[str, int | None]:
        statement = self._sql["answered_by_anybody" if of_anybody else "answered_at"]
        with self.datastore.get_connection() as connection:
            rows = connection.execute(statement, [list(command_ids)]).fetchall()
        return {row["id"]: row["last"] for row in rows}

    def foreign(self, position: int, limit: int, last: int) -> Sequence[Written]:
        with self._connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(self._sql["foreign"], [position, last, limit])
            return [Written(*row) for row in cursor]

    def standing(self, position: int, limit: int) -> tuple[Standing, Sequence[Written]]:
        """One round trip; only the first call ever, which inserts the row of the commit count, takes three."""
        with self._connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(self._sql["standing"], [position, limit]).fetchall()
            if not rows:
                cursor.execute(self._sql["follow"], [COMMITS])
            self._others_committed = False
        if not rows:
            return self.standing(position, limit)
        return Standing(*rows[0][:3]), [Written(*row[3:]) for row in rows if row[3] is not None]

    def events_of(self, originator_id: str, after: int, limit: int | None) -> Sequence[StoredEvent]:
        """One round trip; the library's select through the pool takes three."""
        with self._connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(self._sql["events_of"], [originator_id, after, limit], binary=True)
            return [StoredEvent(*row) for row in cursor]

    def others_committed(self) -> bool:
        """Read notices from the socket. A listening thread would have to wait for the GIL while a batch is decided."""
        with self._lock:
            if self._writing is not None and not self._writing.closed:
                server = self._writing.pgconn
                with suppress(psycopg.Error):  # the connection is gone: the next write notices
                    server.consume_input()
                    while notice := server.notifies():
                        self._heard_of(notice.be_pid)
            return self._others_committed

    def _heard_of(self, process: int) -> None:
        if process != self._writing_pid:
            self._others_committed = True

    def place(self, producer: str) -> Place:
        places = self.places()
        if producer not in places:
            with self._connection() as connection:
                connection.execute(self._sql["follow"], [producer])
        return places.get(producer, Place())

    def places(self) -> dict[str, Place]:
        with self.datastore.get_connection() as connection:
            rows = connection.execute(self._sql["places"]).fetchall()
        return {row["producer"]: Place(row["position"], row["sequence"]) for row in rows}

    def mark(self, key: str, value: str) -> str:
        with self._connection() as connection:
            connection.execute(self._sql["mark"], [key, value])
            row = connection.execute(self._sql["marked"], [key]).fetchone()
        return str(row["value"]) if row else value

    def parked(self) -> set[tuple[str, str]]:
        with self.datastore.get_connection() as connection:
            rows = connection.execute(self._letters.aggregates).fetchall()
        return {(row["producer"], row["aggregate_id"]) for row in rows}

    def count_parked(self) -> int:
        with self.datastore.get_connection() as connection:
            row = connection.execute(self._letters.count).fetchone()
        return int(row["parked"]) if row else 0

    def letters(self, selection: LetterFilter) -> list[Letter]:
        with self.datastore.get_connection() as connection:
            return [letter(row) for row in connection.execute(*self._letters.select(selection))]

    def reserve(self, position: int) -> None:
        with self._connection() as connection:
            connection.execute(self._sql["reserve"], [position])

    def move(self, first: int, last: int, by: int) -> None:
        with self._connection() as connection:
            connection.execute(self._sql["move"], {"first": first, "last": last, "by": by})

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever another process has committed. Raises psycopg.Error if the connection is lost."""
        connecting = psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        async with await connecting as connection:
            await connection.execute(self._sql["listen"])
            async for notice in connection.notifies():
                if notice.pid != self._writing_pid:
                    wake()


class PostgresUnitFactory(PostgresFactory):
    application_recorder_class = PostgresUnitRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        pool: Any = self.datastore.pool
        pool.kwargs |= json.loads(self.env.get("POSTGRES_FURTHER") or "{}")
