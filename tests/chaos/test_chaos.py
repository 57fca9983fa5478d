"""A short seed of `make chaos`, without the kinds that need root: under faults nothing is lost, doubled or out of order."""

import asyncio

import pytest

from tests.chaos.run import Result, run
from tests.chaos.system import Plan

SEED = 3
FAULTS = 9
"""Every kind that needs no root, once."""


@pytest.fixture(scope="module")
def survived() -> Result:
    return asyncio.run(run(SEED, Plan(), FAULTS))


def test_under_faults_nothing_is_lost_doubled_or_out_of_order_and_every_answer_holds(
    survived: Result,
) -> None:
    assert [str(violation) for violation in survived.violations] == [], survived.folder


def test_the_faults_were_injected_and_hit_a_system_at_work(survived: Result) -> None:
    assert survived.faults.total() == FAULTS
    assert survived.commands > 100
    assert survived.uncertain > 0


def test_everything_has_arrived_everywhere_within_a_minute_of_the_last_fault(
    survived: Result,
) -> None:
    assert survived.drain < 60
