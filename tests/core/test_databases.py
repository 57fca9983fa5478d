"""Database addresses: what is wrong with one is said, and never its password."""

import traceback

import pytest
from siko_core.databases import parse, unusable

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
