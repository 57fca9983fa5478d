"""Days begin at the desk, and verdicts do not depend on how often that is asked for."""

import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import DayBegan, ObligationJudged

FULL: tuple[bool, tuple[str, ...]] = (True, ())


def test_each_day_passed_begins_once(house: Any) -> None:
    house.day("2025-03-03")
    house.day("2025-03-06")
    before = len(house.desk.contracts)
    again = house.day("2025-03-06")

    days = house.published(DayBegan)
    assert [(e.date.day, e.aggregate_version, e.authority_id) for e in days] == [
        (day, day - 2, "nrw") for day in (3, 4, 5, 6)
    ]
    assert (again.id, again.version) == ("clock", 4)
    assert len(house.desk.contracts) == before


def test_the_clock_never_goes_back(house: Any) -> None:
    house.day("2025-03-06")
    error = house.refused(commands.AdvanceClock(as_of="2025-03-05T12:00:00Z"))

    assert (error.code, list(error.details)) == ("InvalidCommand", ["as_of"])


def test_a_day_of_the_clock_is_the_berlin_day(house: Any) -> None:
    moment = "2025-03-03T23:30:00Z"
    house.done(commands.AdvanceClock(as_of=moment), now=moment)

    assert house.published(DayBegan)[0].date == date(2025, 3, 4)


def test_the_clock_is_not_advanced_past_now_under_the_system_clock(house: Any) -> None:
    house.desk.clock.manual = False
    command = commands.AdvanceClock(as_of="2099-01-01T00:00:00Z")

    assert house.refused(command).code == "InTheFuture"


def test_a_slip_of_the_pen_begins_no_centuries(house: Any) -> None:
    house.day("2025-03-06")
    far = commands.AdvanceClock(as_of="2095-03-06T12:00:00Z")

    assert list(house.refused(far).details) == ["as_of"]


@pytest.mark.parametrize("as_of", ["1950-01-01T00:00:00Z", "2150-01-01T00:00:00Z"])
def test_the_first_day_lies_in_the_known_calendar(house: Any, as_of: str) -> None:
    house.desk.clock.observe(datetime.fromisoformat(as_of))

    assert list(house.refused(commands.AdvanceClock(as_of=as_of)).details) == ["as_of"]


@pytest.mark.parametrize(
    "as_of", ["2027-01-01T00:00:00", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:00Z"]
)
def test_a_time_without_offset_or_outside_all_calendars_is_refused_by_its_field(as_of: str) -> None:
    with pytest.raises(ValueError, match="as_of"):
        commands.AdvanceClock(as_of=as_of)


MAY, NOVEMBER = (f"0193b3a0-0000-7000-8000-00000000000{each}" for each in "ab")
"""Conferences."""
YEAR: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("2025-02-03", lambda h: h.schedule("2025-05-05T09:00:00Z", "Köln", id=MAY)),
    ("2025-03-03", lambda h: h.schedule("2025-11-11T09:00:00Z", "Leverkusen", id=NOVEMBER)),
    ("2025-05-05", lambda h: h.hold(MAY, "2025-05-05", {"Köln": FULL})),
    (
        "2025-10-20",
        lambda h: h.done(commands.CancelConference(conference_id=NOVEMBER, reason="Großlage")),
    ),
)


def test_verdicts_do_not_depend_on_how_often_the_clock_ticks(
    new_house: Callable[[], Any],
) -> None:
    stories = []
    for also in ([], ["2025-04-01", "2025-09-30", "2025-10-01", "2025-10-02", "2025-12-31"]):
        house = new_house()
        for day in sorted({"2025-01-02", "2026-02-02", *also, *(day for day, _ in YEAR)}):
            house.day(day)
            for when, act in YEAR:
                if when == day:
                    act(house)
        stories.append(
            {
                (e.aggregate_id, e.verdict, e.effective_at, e.evidence, e.gaps)
                for e in house.published(ObligationJudged)
            }
        )

    assert stories[0] == stories[1]
    assert ("obligation:siko:Köln:2025", "FULFILLED") in {each[:2] for each in stories[0]}


def test_a_year_of_days_over_all_areas_is_one_quick_command(house: Any) -> None:
    for number in range(60):
        house.done(
            commands.AssignArea(
                authority_id="pp-essen", area=f"Kreis {number}", valid_from=date(2007, 1, 1)
            )
        )
    house.day("2025-06-01")

    started = time.perf_counter()
    house.day("2026-06-01")

    assert time.perf_counter() - started < 2
    assert len(house.published(DayBegan)) == 366
    assert house.verdict("Kreis 59", 2025).verdict == "MISSED"
    assert house.verdict("Kreis 59", 2026).verdict == "OPEN"
