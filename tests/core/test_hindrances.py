"""What keeps a database from being written is named as what it is: a full disk, or rights that are missing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from siko_core.databases import Writable
from siko_core.faults import FULL, NO_RIGHTS, READ_ONLY, Cure, cause_of, cure_of
from siko_core.process.readiness import Readiness

SETTING = "SIKO_DATABASE_URL"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database that may not grow: SQLite says the same on a full disk."""
    database = sqlite3.connect(tmp_path / "full.db")
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count = 2")
    yield database
    database.close()


def write_much(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO t VALUES (zeroblob(100000))")


def error_of(write: object, *given: object) -> BaseException:
    with pytest.raises((sqlite3.Error, psycopg.Error)) as caught:
        write(*given)  # type: ignore[operator]
    return caught.value


def test_a_full_disk_of_sqlite_is_one(full: sqlite3.Connection) -> None:
    assert cure_of(cause_of(error_of(write_much, full))) is FULL


def test_a_file_of_sqlite_that_may_only_be_read_is_one(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "t.db").execute("CREATE TABLE t (x)").connection.close()
    database = sqlite3.connect(f"file:{tmp_path}/t.db?mode=ro", uri=True)
    assert cure_of(cause_of(error_of(write_much, database))) is NO_RIGHTS
    database.close()


@pytest.mark.parametrize(
    ("state", "statement", "cure"),
    [
        (
            "CREATE ROLE narrow; SET LOCAL ROLE narrow",
            "INSERT INTO pg_authid (rolname) VALUES ('x')",
            NO_RIGHTS,
        ),
        ("SET TRANSACTION READ ONLY", "CREATE TABLE u (x int)", READ_ONLY),
    ],
)
def test_what_postgresql_does_not_allow_is_told_apart(
    postgres_url: str, state: LiteralString, statement: LiteralString, cure: Cure
) -> None:
    with psycopg.connect(postgres_url) as database:
        database.execute(state)
        error = error_of(database.execute, statement)
        database.rollback()
    assert cure_of(cause_of(error)) is cure


def test_a_full_disk_of_postgresql_is_one() -> None:
    assert cure_of(cause_of(psycopg.errors.DiskFull())) is FULL


def test_any_other_cause_is_asked_for() -> None:
    assert cure_of("OperationalError") is None


async def test_readiness_says_what_it_is_and_the_setting(full: sqlite3.Connection) -> None:
    async def write() -> None:
        write_much(full)

    readiness = Readiness(None)  # type: ignore[arg-type]  # its checks of a service are not asked
    reason = (await readiness._write("store", Writable(write, SETTING)))["store"]
    readiness.close()
    assert reason == (
        "SQLITE_FULL: it cannot be written: the disk of its database is full. See SIKO_DATABASE_URL"
    )
