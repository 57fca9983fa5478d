"""Translates a database address into the environment that configures the eventsourcing library."""

import json

from siko_core.databases import BUSY_SECONDS, parse
from siko_core.files import ensure_private_database

NAMED = {"dbname", "host", "port", "user", "password"}
"""Parameters that the library has variables for. Our factory passes on all others of an address, TLS among them."""


def environment(url: str) -> dict[str, str]:
    """The library's environment for this address.

    Raises ValueError if it is neither `sqlite:///…` nor `postgresql://…`, and OSError if its file cannot be made private.
    """
    address = parse(url)
    if address.file is not None:
        ensure_private_database(address.file)
    if address.conninfo is None:
        return {
            "PERSISTENCE_MODULE": "siko_core.store.sqlite:SQLiteUnitFactory",
            "SQLITE_DBNAME": str(address.file),
            "SQLITE_LOCK_TIMEOUT": str(BUSY_SECONDS),
        }
    return {
        "PERSISTENCE_MODULE": "siko_core.store.postgres:PostgresUnitFactory",
        "POSTGRES_DBNAME": address.conninfo["dbname"],
        "POSTGRES_HOST": address.conninfo.get("host", "127.0.0.1"),
        "POSTGRES_PORT": str(address.conninfo.get("port", 5432)),
        "POSTGRES_USER": address.conninfo.get("user", "postgres"),
        "POSTGRES_PASSWORD": address.conninfo.get("password", ""),
        "POSTGRES_LOCK_TIMEOUT": "2",
        "POSTGRES_CONNECT_TIMEOUT": "2",
        # few are kept open: the writer has a connection of its own, and idle ones cost memory on both sides
        "POSTGRES_POOL_SIZE": "1",
        "POSTGRES_MAX_OVERFLOW": "9",
        "POSTGRES_FURTHER": json.dumps(
            {n: v for n, v in address.conninfo.items() if n not in NAMED}
        ),
    }
