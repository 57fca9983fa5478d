"""The connection that writes: kept while all goes well, replaced after any error."""

import pytest
from siko_reporting.tables import positions
from siko_reporting.writing import Rows, write
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

HERE = {"producer": "scheduler", "position": 1, "sequence": 1, "known_at": None}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_the_database_ended_costs_one_transaction(store, year, feed):
    with store._writing.transaction() as connection:
        ours = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
    with store._engine.connect() as other:
        other.exec_driver_sql(f"select pg_terminate_backend({ours})")
    with pytest.raises(DBAPIError):
        feed(store, "scheduler", year["scheduler"])
    feed(store, "scheduler", year["scheduler"])
    assert store.positions()["scheduler"] == len(year["scheduler"])


def test_what_fails_is_raised_as_it_is_and_leaves_nothing(store):
    """A permanent error must not look like a passing one: it is parked, not tried for ever."""
    with pytest.raises(IntegrityError), store._writing.transaction() as connection:
        write(connection, Rows(positions, [HERE]))
    with store._writing.transaction() as connection:
        assert connection.execute(select(positions)).all() == []


def test_a_transaction_that_fails_after_its_writes_leaves_nothing(store, year, feed):
    feed(store, "scheduler", year["scheduler"])
    before = store.digest()

    def delete_and_fail():
        with store._writing.transaction() as connection:
            connection.exec_driver_sql("delete from documents")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_and_fail()
    assert store.digest() == before
