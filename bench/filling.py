"""Fills a store with events of other conferences: copies, by SQL, of an event that a command has recorded."""

import sqlite3
from pathlib import Path

import psycopg

from bench.replica import commands
from bench.scheduler import Scheduling

TABLES = {"postgresql": "scheduler_events", "sqlite": "stored_events"}
COLUMNS = "originator_id, originator_version, topic, state"
PATTERN = """INSERT INTO {table} ({columns})
 SELECT 'filled-' || {id}, 1, topic, state FROM
 (SELECT topic, state FROM {table} WHERE topic = 'conference.scheduled' LIMIT 1) AS template, {numbers}"""


def fill(database_url: str, folder: Path, number: int) -> int:
    """Fill a new store with the register, the events of a few commands and `number` copies; return the number of events."""
    with Scheduling.on(database_url, folder) as replica:
        commands(replica, 0.05, 1)
    engine = database_url.partition(":")[0]
    table = TABLES[engine]
    if engine == "sqlite":
        return _fill_sqlite(database_url.removeprefix("sqlite:///"), table, number)
    return _fill_postgres(database_url, table, number)


def _fill_postgres(url: str, table: str, number: int) -> int:
    statement = PATTERN.format(
        table=table,
        columns=COLUMNS,
        id="lpad(n::text, 9, '0')",
        numbers=f"generate_series(1, {number}) AS n ORDER BY n",
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
        connection.execute(f"VACUUM ANALYZE {table}".encode())
        connection.execute("CHECKPOINT")
        counted = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    return int(counted[0]) if counted else 0


def _fill_sqlite(file: str, table: str, number: int) -> int:
    statement = PATTERN.format(
        table=table, columns=COLUMNS, id="printf('%09d', n)", numbers="numbers"
    )
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(
            "WITH RECURSIVE numbers(n) AS"
            f" (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {number}) {statement}"
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (counted,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(counted)
