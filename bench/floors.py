"""What the databases can do without siko: single-row commits."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg

from bench.rounds import times

CONNECTIONS = 8
STATE = b'{"authority_id":"pp-koeln","metadata":{"effective_at":"2008-01-02T08:00:00Z"}}'.ljust(350)
"""As long as the answer of an invited body that the product stores."""
TOPIC = "invitation.accepted"
CREATE = """CREATE TABLE IF NOT EXISTS floor (position {position}, originator_id text NOT NULL,
 originator_version bigint NOT NULL, topic text, state {bytes}, UNIQUE (originator_id, originator_version))"""
POSTGRES = CREATE.format(position="bigserial PRIMARY KEY", bytes="bytea")
SQLITE = CREATE.format(position="INTEGER PRIMARY KEY AUTOINCREMENT", bytes="blob")
INSERT = (
    "INSERT INTO floor (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s)"
)


@contextmanager
def commit(database_url: str) -> Iterator[Callable[[], object]]:
    """Yield a function that inserts a row and returns when it is on disk, on a connection of its own."""
    if database_url.startswith("sqlite"):
        file = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, isolation_level=None)) as local:
            local.execute("PRAGMA journal_mode=WAL")
            local.execute("PRAGMA synchronous=FULL")
            local.execute(SQLITE)
            statement = INSERT.replace("%s", "?")
            yield lambda: local.execute(statement, (str(uuid4()), TOPIC, STATE)).close()
    else:
        with psycopg.connect(database_url, autocommit=True) as remote:
            remote.execute(POSTGRES)
            yield lambda: remote.execute(INSERT, (str(uuid4()), TOPIC, STATE), prepare=True)


def commits_a_second(database_url: str, seconds: float) -> float:
    """Commits per second of eight concurrent connections; on SQLite of one, since it allows one writer."""
    with commit(database_url):
        """Create the table before the connections compete to create it."""

    def commits(start: Callable[[], object]) -> list[float]:
        with commit(database_url) as one:
            start()
            return times(one, seconds)

    connections = 1 if database_url.startswith("sqlite") else CONNECTIONS
    return len(in_threads(commits, connections)) / seconds


def in_threads(work: Callable[[Callable[[], object]], list[float]], number: int) -> list[float]:
    """Return the measurements of all threads; `work` calls its argument when it is ready to start."""
    barrier = threading.Barrier(number)
    taken: list[float] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(work(barrier.wait))) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken
