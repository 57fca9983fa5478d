"""What the machine can do without siko: raw commits, a stock save, a NATS round trip, a window of acknowledgements."""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from bench.rounds import times

STATE = b'{"authority_id":"pp-koeln","metadata":{"effective_at":"2008-01-02T08:00:00Z"}}'.ljust(600)
"""As long as the event that the product's command stores."""
TOPIC = "conference.scheduled"
CREATE = """CREATE TABLE IF NOT EXISTS floor (position bigserial UNIQUE, originator_id text NOT NULL,
 originator_version bigint NOT NULL, topic text, state bytea, PRIMARY KEY (originator_id, originator_version))"""
INSERT = "INSERT INTO floor (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s)"
CONNECTIONS = 8


def postgres_commits(url: str, seconds: float, connections: int = CONNECTIONS) -> list[float]:
    """Seconds of each single-row INSERT, committed by itself, of so many threads at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CREATE)
        connection.execute("TRUNCATE floor")

    def commits(start: Callable[[], object]) -> list[float]:
        with psycopg.connect(url, autocommit=True) as connection:
            start()
            return times(lambda: _insert(connection), seconds)

    return in_threads(commits, connections)


def _insert(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute(INSERT, (str(uuid4()), TOPIC, STATE), prepare=True)


def sqlite_commits(seconds: float) -> list[float]:
    """Seconds of each single-row commit that is on disk when it returns."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(CREATE.replace("bigserial UNIQUE", "integer"))
        statement = INSERT.replace("%s", "?")
        taken = times(
            lambda: connection.execute(statement, (str(uuid4()), TOPIC, STATE)).close(), seconds
        )
        connection.close()
        return taken


def in_threads(
    work: Callable[[Callable[[], object]], list[float]], number: int
) -> list[float]:
    """What all of them measured; `work` calls its argument when it is about to begin."""
    barrier = threading.Barrier(number)
    taken: list[list[float]] = []
    threads = [
        threading.Thread(target=lambda: taken.append(work(barrier.wait))) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for of_one in taken for each in of_one]
