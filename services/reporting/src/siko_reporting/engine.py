"""SQLAlchemy's engine for either database; its errors show no values."""

from typing import Any

from siko_core.databases import BUSY_SECONDS, make_durable, parse
from siko_core.files import ensure_private_database
from sqlalchemy import Engine, create_engine, event, make_url


def engine(url: str) -> Engine:
    """SQLite in WAL mode, every commit on disk. ValueError where it is no address of ours."""
    file = parse(url).file
    if file is None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    ensure_private_database(file)
    sqlite_engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(sqlite_engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        make_durable(connection)

    return sqlite_engine
