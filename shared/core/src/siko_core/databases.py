"""Database addresses, and the few tables of core's own that stand beside the events."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from siko_core.files import ensure_private_database

BUSY_SECONDS = 30
PATIENCE: dict[str, Any] = {
    "client_encoding": "utf8",
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq's: a database behind a cut link is given up within seconds, not a quarter of an hour."""
OF_TLS = ("certificate", "does not support SSL")
"""In libpq's words where it will not speak with a server that is there."""
FORMS = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"


class StoreUnreachable(Exception):
    """The database cannot be used; the message says which, why and what to try."""


@dataclass(frozen=True)
class Writable:
    """A database that a service must be able to write: how to show that it can, and the setting that names it."""

    write: Callable[[], Awaitable[object]]
    setting: str


@dataclass(frozen=True)
class Address:
    """Of a database. `file` is set for SQLite; for PostgreSQL `conninfo` is what libpq makes of it."""

    file: str | None = None
    conninfo: dict[str, Any] | None = None

    @property
    def shown(self) -> str:
        """Without the password."""
        if self.conninfo is None:
            return f"sqlite:///{self.file}"
        known = {"host": "", "user": "", **self.conninfo}
        port = f":{known['port']}" if "port" in known else ""
        return f"postgresql://{known['user']}@{known['host']}{port}/{known['dbname']}"


def parse(url: str) -> Address:
    """ValueError that names the cure where it is neither SQLite file nor PostgreSQL."""
    if url.startswith("sqlite:///"):
        file = unquote(urlsplit(url).path[1:])
        if file:
            return Address(file=file)
    elif url.startswith(("postgresql://", "postgres://")):
        import psycopg  # noqa: PLC0415 - not needed, nor slow to start with, on SQLite

        try:
            conninfo = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error:  # its words repeat a part of the address, which may be the password's
            raise ValueError(f"not a database address: {FORMS}, with % as %25") from None
        if conninfo.get("dbname"):
            return Address(conninfo=dict(conninfo))
    raise ValueError(FORMS)


def answers(url: str, setting: str) -> bool:
    """Whether its server is there and takes connections; a file always does. StoreUnreachable where it refuses us."""
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
    """Not there, or not yet: starting, stopping, recovering. libpq knows it by a code that its error does not tell."""
    if any(words in str(error) for words in OF_TLS):
        return False
    if (
        error.pgconn is None
    ):  # not found, or silent: to ping it would wait anew, and hold the whole process
        return True
    from psycopg import conninfo as words  # noqa: PLC0415 - as above
    from psycopg.pq import PGconn, Ping  # noqa: PLC0415 - as above

    return PGconn.ping(words.make_conninfo(**conninfo).encode()) in (Ping.REJECT, Ping.NO_RESPONSE)


def unusable(url: str, error: Exception, setting: str = "SIKO_DATABASE_URL") -> str:
    """One line, without the password; `setting` names where the address stands."""
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
    """A few tables at an address. Any thread may use it, one at a time; every commit is on disk."""

    def __init__(self, url: str, create: Sequence[str], alter: Sequence[str] = ()) -> None:
        """`create`: statements for what is missing; `{id}` in them is a key that counts up.

        `alter`: statements for what an earlier version made on PostgreSQL, whose columns have a width.
        """
        self._address = parse(url)
        if self._address.file is not None:
            ensure_private_database(self._address.file)
        self.mark = "?" if self._address.file is not None else "%s"
        """What stands for a parameter in a statement."""
        self._turn = Lock()
        self._kept: Any = None
        counting = (
            "integer PRIMARY KEY AUTOINCREMENT"
            if self._address.file is not None
            else "bigserial PRIMARY KEY"
        )
        with self.transaction() as cursor:
            if self._address.file is None:  # one replica after the other: IF NOT EXISTS races
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('siko.tables'))")
            for statement in create:
                cursor.execute(statement.format(id=counting))
            if self._address.file is None:
                for statement in alter:
                    cursor.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor, whose rows are read by name; the connection is kept, and made anew after an error."""
        with self._turn:
            connection, self._kept = self._kept or self._connect(), None
            try:
                yield connection.cursor()
                connection.commit()
            except BaseException:
                if self._address.file is not None:
                    connection.rollback()  # closed alone, it keeps its lock while a traceback refers to the cursor
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
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection
