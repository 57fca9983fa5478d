"""The short form of `make away`: the broker away, then the database."""

import asyncio

import pytest

from tests.chaos.away import Result, away

SECONDS = 4.0


@pytest.fixture(scope="module")
def outlived() -> Result:
    return asyncio.run(away(SECONDS))


def test_without_the_broker_commands_go_on_and_what_gathers_drains_within_a_minute(
    outlived: Result,
) -> None:
    broker, _ = outlived.outages
    assert len(broker.accepted) > SECONDS
    assert broker.drained < 60


def test_without_the_database_nothing_is_accepted_and_all_goes_on_when_it_is_back(
    outlived: Result,
) -> None:
    _, database = outlived.outages
    assert database.accepted == []
    assert database.drained < 60


def test_an_outage_restarts_nobody_and_nothing_is_lost_doubled_or_out_of_order(
    outlived: Result,
) -> None:
    assert outlived.troubles == [], outlived.folder
