"""Lease by PostgreSQL session lock, so that one replica reads at a time. It saves work; safety comes from positions."""

import threading
from typing import TYPE_CHECKING, Any

from siko_core.databases import PATIENCE, parse
from siko_core.threads import Threads

if TYPE_CHECKING:
    import psycopg


class Lease:
    """Locks by name, held while this process's connection lives. SQLite has a single process, which holds every lock."""

    def __init__(self, database_url: str) -> None:
        self._conninfo = parse(database_url).conninfo
        self._lock = threading.Lock()
        self._threads = Threads("lease")
        self._connection: psycopg.Connection[Any] | None = None
        self._held: set[str] = set()

    async def take(self, name: str) -> bool:
        """Acquire or confirm a lock. False if another replica holds it, and also if the database does not answer."""
        return self._conninfo is None or await self._threads.run(self._take, name, self._conninfo)

    def _take(self, name: str, conninfo: dict[str, Any]) -> bool:
        import psycopg  # noqa: PLC0415 - slow to import, and not needed on SQLite

        with self._lock:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(**conninfo | PATIENCE, autocommit=True)
                if name in self._held:
                    self._connection.execute("SELECT 1")
                    return True
                row = self._connection.execute(
                    "SELECT pg_try_advisory_lock(hashtext('siko.follower'), hashtext(%s))", [name]
                ).fetchone()
            except psycopg.Error:
                self._drop()
                return False
            if row and row[0]:
                self._held.add(name)
            return name in self._held

    def close(self) -> None:
        self._threads.close()
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
