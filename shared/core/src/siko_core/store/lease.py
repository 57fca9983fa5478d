"""One active reader among replicas: a PostgreSQL session lock. It saves work and guards nothing; positions do that."""

import threading
from typing import TYPE_CHECKING, Any

from siko_core.databases import PATIENCE, parse
from siko_core.threads import Threads

if TYPE_CHECKING:
    import psycopg


class Lease:
    """Locks by name, held as long as this process's connection lives. On SQLite there is one process, which holds all."""

    def __init__(self, database_url: str) -> None:
        self._conninfo = parse(database_url).conninfo
        self._lock = threading.Lock()
        self._threads = Threads("lease")
        self._connection: psycopg.Connection[Any] | None = None
        self._held: set[str] = set()

    async def take(self, name: str) -> bool:
        """True where this process may go on; False where another replica holds the name. Errors mean: not held."""
        return self._conninfo is None or await self._threads.run(self._take, name, self._conninfo)

    def _take(self, name: str, conninfo: dict[str, Any]) -> bool:
        import psycopg  # noqa: PLC0415 - not needed, nor slow to start with, on SQLite

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
