"""The bench's own arithmetic: what is measured, what a ratio is, when a goal holds."""

import json

import pytest

from bench.__main__ import MEASUREMENTS
from bench.rows import GOALS, Row, percentile


def test_every_figure_with_a_goal_is_measured_exactly_once() -> None:
    measured = [name for names in MEASUREMENTS for name in names]
    assert sorted(measured) == sorted(GOALS)


def test_a_ratio_is_product_by_floor_and_goes_into_the_json() -> None:
    row = Row("append_64", "postgresql", product=3000.0, floor=1500.0, unit="commands/s")
    assert json.loads(json.dumps(row.as_json())) == {
        "name": "append_64",
        "engine": "postgresql",
        "ratio": 2.0,
        "product": 3000.0,
        "floor": 1500.0,
        "unit": "commands/s",
    }


def test_a_figure_without_a_floor_has_no_ratio_and_is_judged_by_itself() -> None:
    row = Row("memory", "sqlite", product=91.0, floor=None, unit="MB")
    assert row.ratio is None
    assert not row.holds


@pytest.mark.parametrize(
    ("name", "ratio", "holds"),
    [
        ("append_64", 0.9, True),
        ("append_64", 0.89, False),
        ("reply", 4.0, True),
        ("reply", 4.1, False),
    ],
)
def test_rates_must_reach_their_goal_and_times_must_not_pass_it(
    name: str, ratio: float, holds: bool
) -> None:
    assert Row(name, "postgresql", product=ratio, floor=1.0, unit="-").holds is holds


def test_the_99th_percentile_of_a_hundred_is_the_largest() -> None:
    assert percentile(list(range(100)), 0.99) == 99
