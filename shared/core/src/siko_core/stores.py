"""Where a write service's events are: the library's environment for a database address."""

from siko_core.databases import BUSY_SECONDS, parse


def environment(url: str) -> dict[str, str]:
    """ValueError where the address is no `sqlite:///…` or `postgresql://…`."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return {
            "PERSISTENCE_MODULE": "siko_core.sqlite:SQLiteUnitFactory",
            "SQLITE_DBNAME": str(parsed.database),
            "SQLITE_LOCK_TIMEOUT": str(BUSY_SECONDS),
        }
    return {
        "PERSISTENCE_MODULE": "siko_core.postgres:PostgresUnitFactory",
        "POSTGRES_DBNAME": str(parsed.database),
        "POSTGRES_HOST": parsed.host or str(parsed.query.get("host", "127.0.0.1")),
        "POSTGRES_PORT": str(parsed.port or 5432),
        "POSTGRES_USER": parsed.username or "postgres",
        "POSTGRES_PASSWORD": parsed.password or "",
        "POSTGRES_LOCK_TIMEOUT": "2",
        "POSTGRES_CONNECT_TIMEOUT": "2",
        # few, kept warm: the writer has a connection of its own, and idle ones cost memory on both sides
        "POSTGRES_POOL_SIZE": "1",
        "POSTGRES_MAX_OVERFLOW": "9",
    }
