"""Detects at once that reporting has committed, without sending it a query.

PostgreSQL: a trigger that the bench puts on reporting's table of positions tells on commit. SQLite: the file's own
change counter (`PRAGMA data_version`, a read of shared memory) is looked at five thousand times a second.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import psycopg

PATIENCE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.0002
POSITION = "SELECT coalesce(max(position), 0) FROM positions WHERE producer = '{}'"
TELL = """
CREATE OR REPLACE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS
 $$ BEGIN PERFORM pg_notify('bench', NEW.position::text); RETURN NULL; END $$;
DROP TRIGGER IF EXISTS bench_tell ON positions;
CREATE TRIGGER bench_tell AFTER INSERT OR UPDATE ON positions
 FOR EACH ROW WHEN (NEW.producer = '{}') EXECUTE FUNCTION bench_tell();
LISTEN bench"""


class Watch(Protocol):
    async def reached(self, position: int) -> None:
        """Wait until reporting's views hold the producer's log up to this position."""


class PostgresWatch:
    def __init__(self, connection: psycopg.AsyncConnection[tuple[int]]) -> None:
        self._connection = connection
        self._seen = 0

    async def reached(self, position: int) -> None:
        while self._seen < position:
            is_notified = False
            async for notify in self._connection.notifies(timeout=PATIENCE_SECONDS, stop_after=1):
                self._seen, is_notified = max(self._seen, int(notify.payload)), True
            if not is_notified:
                raise TimeoutError(f"reporting has not reached {position}")


class SqliteWatch:
    def __init__(self, connection: sqlite3.Connection, producer: str) -> None:
        self._connection = connection
        self._query = POSITION.format(producer)
        self._version = -1
        self._seen = 0

    async def reached(self, position: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._seen < position:
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version = version
                self._seen = self._connection.execute(self._query).fetchone()[0]
            elif time.monotonic() > deadline:
                raise TimeoutError(f"reporting has not reached {position}")
            else:
                await asyncio.sleep(LOOK_AGAIN_SECONDS)


@asynccontextmanager
async def watch(database_url: str, producer: str) -> AsyncIterator[Watch]:
    """Watch in reporting's database how far it has followed `producer`."""
    if database_url.startswith("sqlite"):
        file = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        yield SqliteWatch(file, producer)
        file.close()
        return
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(TELL.format(producer).encode())
        yield PostgresWatch(connection)
