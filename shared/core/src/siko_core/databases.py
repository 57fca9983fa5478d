"""Database addresses: `sqlite:///path` or `postgresql://user:password@host:port/name`."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url

BUSY_SECONDS = 30


class StoreUnreachable(Exception):
    """The database cannot be used; the message says which, why and what to try."""


def parse(url: str) -> URL:
    """ValueError that names the cure where it is neither SQLite file nor PostgreSQL."""
    try:
        parsed = make_url(url)
    except Exception as error:  # noqa: BLE001 - SQLAlchemy raises several
        raise ValueError(
            f"not a database address: {error}; use sqlite:///FILE or postgresql://…"
        ) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"} or not parsed.database:
        raise ValueError("use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return parsed


def engine(url: str) -> Engine:
    """An engine on either database; SQLite in WAL mode, every commit on disk."""
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    made = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(made, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return made


def create_tables(engine: Engine, tables: MetaData) -> None:
    """One replica after the other: `IF NOT EXISTS` races in PostgreSQL."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("siko.tables"))))
        tables.create_all(connection)


def unusable(url: str, error: Exception) -> str:
    """One line, without the password."""
    try:
        shown = parse(url).render_as_string(hide_password=True)
    except ValueError as wrong:
        return f"SIKO_DATABASE_URL: {wrong}"
    if shown.startswith("sqlite") and not Path(str(parse(url).database)).resolve().parent.is_dir():
        return f"the folder of {shown} is not there: create it, or set SIKO_DATABASE_URL"
    reason = str(error).strip().splitlines()[0]
    return (
        f"cannot use the database {shown} ({reason}): is it up and writable? See SIKO_DATABASE_URL"
    )
