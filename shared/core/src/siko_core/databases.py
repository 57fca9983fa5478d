"""Database addresses: `sqlite:///path` or `postgresql://user:password@host:port/name`."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url

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
    """An engine on either database; SQLite in WAL mode, every commit on disk. Its errors show no values."""
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True
        )
    made = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

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


def unusable(url: str, error: Exception, setting: str = "SIKO_DATABASE_URL") -> str:
    """One line, without the password; `setting` names where the address stands."""
    try:
        shown = parse(url).render_as_string(hide_password=True)
    except ValueError as wrong:
        return f"{setting}: {wrong}"
    if shown.startswith("sqlite") and not Path(str(parse(url).database)).resolve().parent.is_dir():
        return f"the folder of {shown} is not there: create it, or set {setting}"
    reason = str(error).strip().splitlines()[0]
    return f"cannot use the database {shown} ({reason}): is it up and writable? See {setting}"
