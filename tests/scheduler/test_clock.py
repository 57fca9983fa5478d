"""Days begin once and in order; the ruleset of a year is the latest that applies in it."""

from datetime import date
from typing import Any

import pytest
from siko_core.refusals import InvalidCommand
from siko_core.testing import at, given, new
from siko_scheduler.domain.clock import Clock
from siko_scheduler.domain.ruleset import NRW_2024_1, RULESETS, Ruleset, rules_for


def begun(first: date, *, more: int) -> Any:
    with at("2026-01-02T00:00:00+01:00"):
        clock = Clock(date=first)
        for _ in range(more):
            clock.begin_next_day()
        return clock


def test_each_day_passed_is_an_event() -> None:
    clock = begun(date(2024, 12, 30), more=3)

    assert [event.date.isoformat() for event in new(clock)] == [
        "2024-12-30",
        "2024-12-31",
        "2025-01-01",
        "2025-01-02",
    ]
    assert (clock.id, clock.days.first, clock.days.last) == (
        "clock",
        date(2024, 12, 30),
        date(2025, 1, 2),
    )


def test_a_year_is_ended_by_the_first_day_begun_after_it() -> None:
    days = begun(date(2024, 12, 30), more=3).days

    assert days.ended_by(2024) == "clock@3"
    assert days.ended_by(2023) == days.ended_by(2020) == "clock@1"
    assert days.ended_by(2025) is None


def test_days_never_go_back() -> None:
    clock = begun(date(2025, 5, 5), more=0)

    clock.ensure_begins_next(date(2025, 5, 5))
    with pytest.raises(InvalidCommand) as refused:
        clock.ensure_begins_next(date(2025, 5, 4))
    assert "as_of" in refused.value.details


def test_history_replays_to_the_same_days() -> None:
    clock = begun(date(2024, 12, 30), more=3)

    assert given(*new(clock)).days == clock.days


def test_a_ruleset_is_an_aggregate_by_its_name() -> None:
    with at("2025-01-01T00:00:00+01:00"):
        adopted = Ruleset(ruleset="nrw-2024.1", applies_from=NRW_2024_1.applies_from)

    assert adopted.id == "ruleset:nrw-2024.1"
    assert adopted.rules == RULESETS["nrw-2024.1"]


def test_a_new_ruleset_judges_years_from_its_first_day_on_and_no_older_ones() -> None:
    newer = NRW_2024_1.model_copy(update={"name": "next", "applies_from": date(2026, 1, 1)})

    assert [rules_for(year, [newer, NRW_2024_1]).name for year in (2022, 2025, 2026, 2030)] == [
        "nrw-2024.1",
        "nrw-2024.1",
        "next",
        "next",
    ]
