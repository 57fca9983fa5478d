"""The event store on PostgreSQL: one statement, one round trip, one commit."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
)
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Literal

from siko_core.databases import PATIENCE
from siko_core.letters import Sought, Statements, letter, row
from siko_core.parking import Letter
from siko_core.snapshots import Snapshot
from siko_core.steps import COMMITS, Place, Standing, Step

# The advisory lock keeps ids in commit order for a tailing reader: whoever inserts holds it until the commit,
# and every inserted row joins on `locked`, so that no id is drawn before the lock is held. A step that was taken
# already must undo the others of the same statement: only an error does, hence the division by zero.
# Arrays go in binary: as text every element would be quoted by a regular expression.
INSERT_UNIT = """
WITH locked AS MATERIALIZED
 (SELECT pg_advisory_xact_lock(hashtext({lock})), pg_notify({channel}, '')),
moved AS (UPDATE {positions} p SET position = s.position, sequence = s.sequence FROM locked,
 unnest(%b::text[], %b::bigint[], %b::bigint[], %b::bigint[]) AS s (producer, previous, position, sequence)
 WHERE p.producer = s.producer AND p.position = s.previous RETURNING 1),
agreed AS MATERIALIZED
 (SELECT 1 / (CASE WHEN (SELECT count(*) FROM moved) = %s THEN 1 ELSE 0 END) FROM locked),
stored AS (INSERT INTO {events} (originator_id, originator_version, topic, state)
 SELECT o, v, t, s FROM agreed, unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])
 WITH ORDINALITY AS e (o, v, t, s, n) ORDER BY n RETURNING notification_id),
answered AS (INSERT INTO {answers} (command_id, answer, position)
 SELECT c, a, (SELECT max(notification_id) FROM stored) FROM agreed,
 unnest(%b::text[], %b::text[]) AS a (c, a))
SELECT (SELECT count(*) FROM agreed), ARRAY(SELECT notification_id FROM stored ORDER BY 1) AS ids
"""
CREATE = (
    "CREATE TABLE IF NOT EXISTS {answers} (command_id text PRIMARY KEY, answer text NOT NULL, position bigint)",
    "CREATE TABLE IF NOT EXISTS {positions} (producer text PRIMARY KEY, position bigint NOT NULL, sequence bigint NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {marks} (key text PRIMARY KEY, value text NOT NULL)",
    (
        "CREATE TABLE IF NOT EXISTS {snapshots} (originator_id text PRIMARY KEY,"
        " originator_version bigint NOT NULL, form text NOT NULL, state text NOT NULL)"
    ),
)


class PostgresUnitRecorder(PostgresApplicationRecorder):
    """Writes go over a connection of their own (one writer a process); reads over the library's pool."""

    def __init__(self, datastore: Any, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        if datastore.enable_db_functions:
            message = "POSTGRES_ENABLE_DB_FUNCTIONS loses events for a tailing reader; unset it"
            raise OperationalError(message)
        named = ("dbname", "host", "port", "user", "password")
        self._parameters = {name: datastore.pool.kwargs[name] for name in named} | PATIENCE
        datastore.pool.kwargs |= PATIENCE
        self._lock = threading.RLock()
        self._writing: psycopg.Connection[Any] | None = None
        names = {
            name: Identifier(datastore.schema, f"{events_table_name}_{name}")
            for name in ("answers", "positions", "marks", "snapshots")
        } | {
            "events": Identifier(datastore.schema, events_table_name),
            "lock": Literal(events_table_name),
            "channel": Literal(self.channel_name),
        }
        self._letters = Statements(
            Identifier(datastore.schema, f"{events_table_name}_dead_letters").as_string(),
            Identifier(f"{events_table_name}_parked").as_string(),
            "%s",
        )
        self.sql_create_statements += [
            SQL(statement).format(**names) for statement in (*CREATE, *self._letters.create)
        ]
        self._sql: dict[str, Any] = {
            # Rendered once: psycopg would do it at every execute.
            "insert": SQL(INSERT_UNIT).format(**names).as_bytes(None),
            "begin": SQL("BEGIN; SELECT pg_advisory_xact_lock(hashtext({lock}))")
            .format(**names)
            .as_bytes(None),
            "patience": SQL("SET lock_timeout = {}").format(f"{datastore.lock_timeout}s"),
            "answered": SQL("SELECT * FROM {answers} WHERE command_id = ANY(%s)").format(**names),
            "foreign": SQL(
                "SELECT notification_id AS id, originator_id, originator_version, topic, state FROM {events}"
                " WHERE notification_id > %s AND notification_id <= %s ORDER BY 1 LIMIT %s"
            ).format(**names),
            "follow": SQL(
                "INSERT INTO {positions} VALUES (%s, 0, 0) ON CONFLICT DO NOTHING"
            ).format(**names),
            "standing": SQL(
                "SELECT position AS commits, (SELECT coalesce(max(notification_id), 0) FROM {events}) AS last,"
                " EXISTS ({parked}) AS is_parked FROM {positions} WHERE producer = {commits}"
            ).format(parked=SQL(self._letters.aggregates), commits=Literal(COMMITS), **names),
            "places": SQL("SELECT * FROM {positions}").format(**names),
            "mark": SQL("INSERT INTO {marks} VALUES (%s, %s) ON CONFLICT DO NOTHING").format(
                **names
            ),
            "snapshot": SQL(
                "SELECT * FROM {snapshots} WHERE originator_id = %s AND form = %s"
            ).format(**names),
            "keep": SQL(
                "INSERT INTO {snapshots} VALUES (%s, %s, %s, %s) ON CONFLICT (originator_id) DO UPDATE SET"
                " originator_version = excluded.originator_version, form = excluded.form, state = excluded.state"
            ).format(**names),
            "listen": SQL("LISTEN {channel}").format(channel=Identifier(self.channel_name)),
            "marked": SQL("SELECT value FROM {marks} WHERE key = %s").format(**names),
            "reserve": SQL(
                "SELECT setval(s, greatest(%s, pg_sequence_last_value(s)))"
                " FROM (SELECT pg_get_serial_sequence({table}, 'notification_id')::regclass AS s) AS of"
            ).format(table=Literal(f'"{datastore.schema}"."{events_table_name}"')),
            "move": SQL(
                "WITH moved AS (UPDATE {events} SET notification_id = notification_id + %(by)s"
                " WHERE notification_id BETWEEN %(first)s AND %(last)s)"
                " UPDATE {answers} SET position = position + %(by)s"
                " WHERE position BETWEEN %(first)s AND %(last)s"
            ).format(**names),
        }

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The writer's connection, made anew after a failure; errors as the library names them."""
        with self._lock:
            try:
                if self._writing is None or self._writing.closed:
                    self._writing = psycopg.connect(
                        **self._parameters, autocommit=True, row_factory=dict_row
                    )
                    # Who holds the lock may be a machine that is gone: the wait ends, and the client repeats.
                    self._writing.execute(self._sql["patience"])
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
        """One replica after the other: `IF NOT EXISTS` races in PostgreSQL."""
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
    ) -> Sequence[int] | None:
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
        # One statement, one round trip; only where something is parked or settled two, and a transaction around them.
        with (
            self._connection() as connection,
            connection.transaction() if letters else nullcontext(),
        ):
            stored = connection.execute(self._sql["insert"], parameters, prepare=True).fetchone()
            if letters:
                connection.cursor().executemany(self._letters.keep, list(map(row, letters)))
        ids: list[int] = stored["ids"] if stored else []
        return ids

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        with self._connection() as connection:
            rows = connection.execute(self._sql["answered"], [list(command_ids)]).fetchall()
        return {row["command_id"]: (row["answer"], row["position"]) for row in rows}

    def foreign(self, position: int, limit: int, last: int) -> Sequence[Notification]:
        """One round trip too; the pool's connections begin and end a transaction for each."""
        with self._connection() as connection:
            rows = connection.execute(self._sql["foreign"], [position, last, limit]).fetchall()
        return [Notification(**row) for row in rows]

    def standing(self) -> Standing:
        """One round trip, and it finds the count's row or makes it."""
        with self._connection() as connection:
            row = connection.execute(self._sql["standing"]).fetchone()
            if row is None:
                connection.execute(self._sql["follow"], [COMMITS])
        return Standing(**row) if row else self.standing()

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
        return {(found["producer"], found["aggregate_id"]) for found in rows}

    def count_parked(self) -> int:
        with self.datastore.get_connection() as connection:
            found = connection.execute(self._letters.count).fetchone()
        return int(found["parked"]) if found else 0

    def letters(self, sought: Sought) -> list[Letter]:
        with self.datastore.get_connection() as connection:
            return [letter(found) for found in connection.execute(*self._letters.select(sought))]

    def snapshot(self, originator_id: str, form: str) -> Snapshot | None:
        with self.datastore.get_connection() as connection:
            found = connection.execute(self._sql["snapshot"], [originator_id, form]).fetchone()
        return Snapshot(**found) if found else None

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._sql["keep"], snapshot)

    def reserve(self, position: int) -> None:
        with self._connection() as connection:
            connection.execute(self._sql["reserve"], [position])

    def move(self, first: int, last: int, by: int) -> None:
        with self._connection() as connection:
            connection.execute(self._sql["move"], {"first": first, "last": last, "by": by})

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever another process has committed. Blocks; psycopg.Error when the connection is lost."""
        with psycopg.connect(**self._parameters, autocommit=True) as connection:
            connection.execute(self._sql["listen"])
            for notice in connection.notifies():
                own = self._writing
                if own is None or own.closed or notice.pid != own.info.backend_pid:
                    wake()


class PostgresUnitFactory(PostgresFactory):
    application_recorder_class = PostgresUnitRecorder
