"""Database addresses: what is wrong with one is said, and never its password."""

import sqlite3
import traceback
from threading import Timer

import pytest
from siko_core.databases import make_durable, parse, unusable

SECRET = "correct%zzhorse"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://siko:{SECRET}@db.example.org/siko",
        f"postgresql://siko:{SECRET}@db.example.org",
        f"mysql://siko:{SECRET}@db.example.org/siko",
    ],
)
def test_a_wrong_address_is_refused_with_the_forms_and_without_its_password(url):
    with pytest.raises(ValueError, match="use sqlite:///FILE or postgresql://") as refused:
        parse(url)
    assert "zzhorse" not in "".join(traceback.format_exception(refused.value))
    assert "zzhorse" not in unusable(url, OSError())


def test_an_unusable_database_is_named_without_its_password():
    shown = unusable("postgresql://siko:battery@db.example.org:5433/siko", OSError("refused"))
    assert "postgresql://siko@db.example.org:5433/siko" in shown
    assert "battery" not in shown


@pytest.mark.parametrize(
    ("url", "file"), [("sqlite:///siko.db", "siko.db"), ("sqlite:////srv/a%20b.db", "/srv/a b.db")]
)
def test_the_file_of_an_sqlite_address_is_relative_or_absolute(url, file):
    assert parse(url).file == file


def test_a_file_that_another_is_making_durable_is_waited_for_whatever_sqlite_does(tmp_path):
    first, second = (
        sqlite3.connect(tmp_path / "new.db", timeout=0, check_same_thread=False) for _ in range(2)
    )
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.execute("PRAGMA journal_mode=WAL")
    released = Timer(0.2, first.commit)
    released.start()
    make_durable(second)
    released.join()
    assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    first.close()
    second.close()
