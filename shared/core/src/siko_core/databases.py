"""Parses and checks database addresses, and keeps the few tables of core's own beside the events."""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from siko_core.files import ensure_private_database

BUSY_SECONDS = 30
BUSY_PAUSE_SECONDS = 0.02
PATIENCE: dict[str, Any] = {
    "client_encoding": "utf8",
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Timeouts for libpq: a database behind a cut link is given up within seconds instead of a quarter of an hour."""
OF_TLS = ("certificate", "does not support SSL")
"""Words in libpq's errors if TLS fails with a server that is reachable."""
FORMS = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"


class StoreUnreachable(Exception):
    """The database cannot be used; the message says which one, why, and what to try."""


@dataclass(frozen=True)
class Writable:
    """A database that a service must be able to write: a probe that writes to it, and the setting that names it."""

    write: Callable[[], Awaitable[object]]
    setting: str


@dataclass(frozen=True)
class Address:
    """Address of a database. `file` is set for SQLite, `conninfo` (as libpq parses it) for PostgreSQL."""

    file: str | None = None
    conninfo: dict[str, Any] | None = None

    @property
    def shown(self) -> str:
        """The address without the password."""
        if self.conninfo is None:
            return f"sqlite:///{self.file}"
        known = {"host": "", "user": "", **self.conninfo}
        port = f":{known['port']}" if "port" in known else ""
        return f"postgresql://{known['user']}@{known['host']}{port}/{known['dbname']}"

    @property
    def place(self) -> tuple[str, ...]:
        """What two addresses of one database have in common: the file, or server and name."""
        if self.conninfo is None:
            return (str(Path(str(self.file)).resolve()),)
        host = self.conninfo.get("host") or self.conninfo.get("hostaddr") or ""
        port = self.conninfo.get("port") or "5432"
        return (str(host).lower(), str(port), str(self.conninfo["dbname"]))


def parse(url: str) -> Address:
    """Parse an address. Raises ValueError, which names the cure, if it is neither an SQLite file nor PostgreSQL."""
    if url.startswith("sqlite:///"):
        file = unquote(urlsplit(url).path[1:])
        if file:
            return Address(file=file)
    elif url.startswith(("postgresql://", "postgres://")):
        import psycopg  # noqa: PLC0415 - slow to import, and not needed on SQLite

        try:
            conninfo = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error:  # its text quotes a part of the address, which may be of the password
            raise ValueError(f"not a database address: {FORMS}, with % as %25") from None
        if conninfo.get("dbname"):
            return Address(conninfo=dict(conninfo))
    raise ValueError(FORMS)


def answers(url: str, setting: str) -> bool:
    """Whether the server accepts connections; True for a file. Raises StoreUnreachable if it refuses this client."""
    try:
        conninfo = parse(url).conninfo
    except ValueError as error:
        raise StoreUnreachable(unusable(url, error, setting)) from None
    if conninfo is None:
        return True
    import psycopg  # noqa: PLC0415 - as above

    try:
        psycopg.connect(**conninfo | PATIENCE).close()
    except psycopg.Error as error:
        if isinstance(error, psycopg.OperationalError) and _is_away(error, conninfo | PATIENCE):
            return False
        raise StoreUnreachable(unusable(url, error, setting)) from error
    return True


def _is_away(error: Any, conninfo: dict[str, Any]) -> bool:
    """Whether the server is absent, or is starting, stopping or recovering. psycopg's error lacks libpq's code for that."""
    if any(words in str(error) for words in OF_TLS):
        return False
    if error.pgconn is None:
        # Unknown host, or no answer: a ping would wait again, and block the whole process.
        return True
    from psycopg import conninfo as words  # noqa: PLC0415 - as above
    from psycopg.pq import PGconn, Ping  # noqa: PLC0415 - as above

    return PGconn.ping(words.make_conninfo(**conninfo).encode()) in (Ping.REJECT, Ping.NO_RESPONSE)


def unusable(url: str, error: Exception, setting: str = "SIKO_DATABASE_URL") -> str:
    """One line for the operator, without the password; `setting` names the setting that holds the address."""
    try:
        address = parse(url)
    except ValueError as wrong:
        return f"{setting}: {wrong}"
    if address.file is not None and not Path(address.file).resolve().parent.is_dir():
        return f"the folder of {address.shown} is not there: create it, or set {setting}"
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        f"cannot use the database {address.shown} ({reason}): is it up and writable? See {setting}"
    )


class Database:
    """A few tables in a database. Thread-safe, one transaction at a time; every commit is synced to disk."""

    def __init__(self, url: str, create: Sequence[str], alter: Sequence[str] = ()) -> None:
        """Create missing tables.

        `create`: idempotent statements; `{id}` in them becomes an auto-incremented primary key.
        `alter`: statements that migrate tables of earlier versions, on PostgreSQL only: its columns have a width.
        """
        self._address = parse(url)
        if self._address.file is not None:
            ensure_private_database(self._address.file)
        self.mark = "?" if self._address.file is not None else "%s"
        """The parameter mark in statements."""
        self._turn = Lock()
        self._kept: Any = None
        counting = (
            "integer PRIMARY KEY AUTOINCREMENT"
            if self._address.file is not None
            else "bigserial PRIMARY KEY"
        )
        with self.transaction() as cursor:
            if self._address.file is None:  # `IF NOT EXISTS` races if replicas start together
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('siko.tables'))")
            for statement in create:
                cursor.execute(statement.format(id=counting))
            if self._address.file is None:
                for statement in alter:
                    cursor.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A transaction's cursor, with rows by name. The connection is reused, and reopened after an error."""
        with self._turn:
            connection, self._kept = self._kept or self._connect(), None
            try:
                yield connection.cursor()
                connection.commit()
            except BaseException:
                if self._address.file is not None:
                    connection.rollback()  # `close` alone keeps the lock as long as a traceback refers to the cursor
                connection.close()
                raise
            self._kept = connection

    def close(self) -> None:
        with self._turn:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def _connect(self) -> Any:
        if self._address.conninfo is not None:
            import psycopg  # noqa: PLC0415 - as above
            from psycopg.rows import dict_row  # noqa: PLC0415

            return psycopg.connect(**self._address.conninfo | PATIENCE, row_factory=dict_row)
        connection = sqlite3.connect(
            str(self._address.file), timeout=BUSY_SECONDS, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        make_durable(connection)
        return connection


def make_durable(connection: sqlite3.Connection) -> None:
    """WAL mode, every commit on disk.

    Where others make the same file at the same moment SQLite refuses the mode at once, whatever its timeout: it is tried
    again.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < deadline and not _is_in_wal_mode(connection):
        time.sleep(BUSY_PAUSE_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _is_in_wal_mode(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        return False
    return True
