"""The calendar of North Rhine-Westphalia: what refuses a day, and what asks for a reason."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from holidays.countries.germany import Germany
from hypothesis import given
from hypothesis import strategies as st
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import ConferenceRescheduled, ConferenceScheduled, DayBegan
from siko_core.calendar import BERLIN
from siko_scheduler.domain import days
from siko_scheduler.domain.refusals import PublicHoliday, Sunday
from siko_scheduler.domain.ruleset import NRW_2024_1

NOW = "2027-01-04T09:00:00+01:00"
LAST_KNOWN_SCHOOL_HOLIDAY = date(2029, 8, 14)


def against(day: date, district: str = "br-koeln") -> list[str]:
    found = days.against(day, date(2007, 1, 1), district, NRW_2024_1)
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        ("2027-01-01", "Neujahr"),
        ("2027-03-26", "Karfreitag"),
        ("2027-03-29", "Ostermontag"),
        ("2027-05-01", "Erster Mai"),
        ("2027-05-06", "Christi Himmelfahrt"),
        ("2027-05-17", "Pfingstmontag"),
        ("2027-05-27", "Fronleichnam"),
        ("2028-10-03", "Tag der Deutschen Einheit"),
        ("2027-11-01", "Allerheiligen"),
        ("2028-12-25", "Erster Weihnachtstag"),
        ("2028-12-26", "Zweiter Weihnachtstag"),
    ],
)
def test_a_public_holiday_of_the_state_is_refused_by_its_name(
    house: Any, day: str, holiday: str
) -> None:
    error = house.refused(
        house.conference(f"{day}T10:00:00+01:00", "Köln", override_reason="doch"),
        "2026-01-05T09:00:00+01:00",
    )

    assert (error.code, error.details["field"], error.details["holiday"]) == (
        "PublicHoliday",
        "starts_at",
        holiday,
    )


def test_a_sunday_is_refused_whatever_the_reason(house: Any) -> None:
    sunday = house.conference("2027-06-06T10:00:00+02:00", "Köln", override_reason="doch")

    error = house.refused(sunday, NOW)

    assert (error.code, error.details) == ("Sunday", {"field": "starts_at", "day": "2027-06-06"})


def test_the_day_is_the_berlin_day(house: Any) -> None:
    """22:30 UTC on a Saturday in summer is Sunday."""
    error = house.refused(house.conference("2027-06-05T22:30:00Z", "Köln"), NOW)

    assert error.code == "Sunday"


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2027-06-12", "Saturday"),
        ("2027-03-23", "SchoolHolidays"),
        ("2027-08-31", "SchoolHolidays"),
        ("2027-02-04", "Blackout"),
        ("2027-02-08", "Blackout"),
        ("2027-02-09", "ShortNotice"),
        ("2027-12-31", "YearEnd"),
    ],
)
def test_a_soft_rule_asks_for_a_reason_lists_the_finding_and_goes_on_with_one(
    house: Any, day: str, code: str
) -> None:
    starts_at = f"{day}T10:00:00+01:00"
    error = house.refused(house.conference(starts_at, "Köln"), NOW)
    assert error.code == "ReasonRequired"
    assert code in {finding["code"] for finding in error.details["findings"]}

    answer = house.done(house.conference(starts_at, "Köln", override_reason="Großlage"), NOW)

    assert code in {finding.code for finding in answer.findings}
    assert {f.rule for f in house.published(ConferenceScheduled)[0].findings} == {"calendar"}


def test_christmas_eve_is_a_finding() -> None:
    assert "YearEnd" in against(date(2027, 12, 24))


def test_carnival_is_a_blackout_from_weiberfastnacht_to_rosenmontag_in_the_rhineland_alone() -> (
    None
):
    days_of_2026 = [date(2026, 2, day) for day in range(11, 18)]

    blacked_out = [day.day for day in days_of_2026 if "Blackout" in against(day)]
    assert blacked_out == [12, 13, 14, 15, 16]
    assert "Blackout" in against(date(2026, 2, 12), "br-duesseldorf")
    for district in ("br-muenster", "br-detmold", "br-arnsberg"):
        assert "Blackout" not in against(date(2026, 2, 12), district)


def test_school_holidays_are_known_until_the_last_listed_one_and_unknown_after(house: Any) -> None:
    """Behind the library's last day the answer is "unknown", never "free"; it informs and needs no reason."""
    assert against(LAST_KNOWN_SCHOOL_HOLIDAY) == ["SchoolHolidays"]
    assert against(date(2029, 8, 15)) == ["SchoolHolidaysUnknown"]

    answer = house.done(house.conference("2029-10-10T10:00:00+02:00", "Köln"), NOW)

    assert [finding.code for finding in answer.findings] == ["SchoolHolidaysUnknown"]


def test_a_day_without_findings_needs_nothing(house: Any) -> None:
    answer = house.done(house.conference("2027-05-05T10:00:00+02:00", "Köln"), NOW)

    assert answer.findings == []


def test_a_new_date_is_judged_by_the_calendar_too(house: Any) -> None:
    conference_id = house.schedule("2027-05-05T10:00:00+02:00", "Köln", now=NOW)

    def move(starts_at: str, **fields: Any) -> Any:
        return commands.RescheduleConference(
            conference_id=conference_id, starts_at=starts_at, **fields
        )

    assert house.refused(move("2027-05-06T10:00:00+02:00")).code == "PublicHoliday"
    assert house.refused(move("2027-05-08T10:00:00+02:00")).code == "ReasonRequired"
    house.done(move("2027-05-08T10:00:00+02:00", override_reason="Kein anderer Saal"))
    assert [f.code for f in house.published(ConferenceRescheduled)[0].findings] == ["Saturday"]


def test_a_conference_at_the_time_of_another_one_of_the_authority_is_a_finding(house: Any) -> None:
    first = house.schedule("2027-05-05T10:00:00+02:00", "Köln", now=NOW)
    at_once = house.conference("2027-05-05T11:00:00+02:00", "Leverkusen")

    error = house.refused(at_once)

    assert error.details["findings"] == [
        {"code": "ConferenceOverlaps", "rule": "calendar", "conference_id": first}
    ]
    house.schedule("2027-05-05T12:00:00+02:00", "Leverkusen")
    house.schedule("2027-05-05T10:00:00+02:00", "Essen", authority_id="pp-essen")


def test_a_motorway_conference_overlaps_like_any_other(house: Any) -> None:
    house.done(house.motorway("2027-05-05T10:00:00+02:00"), NOW)

    error = house.refused(house.conference("2027-05-05T11:00:00+02:00", "Köln"))

    assert [f["code"] for f in error.details["findings"]] == ["ConferenceOverlaps"]


def test_a_cancelled_conference_overlaps_with_nothing(house: Any) -> None:
    first = house.schedule("2027-05-05T10:00:00+02:00", "Köln", now=NOW)
    house.done(commands.CancelConference(conference_id=first, reason="r"))

    assert house.done(house.conference("2027-05-05T10:00:00+02:00", "Köln")).findings == []


@pytest.mark.parametrize("year", [1950, 2101, 2150])
def test_a_date_outside_the_known_calendar_is_refused_by_its_field(house: Any, year: int) -> None:
    command = house.conference(f"{year}-05-05T10:00:00+02:00", "Köln")
    if year < 2000:
        command = command.model_copy(update={"effective_at": datetime(1950, 1, 2, tzinfo=BERLIN)})

    error = house.refused(command)

    assert (error.code, list(error.details)) == ("InvalidCommand", ["starts_at"])


def test_a_conference_of_centuries_is_refused(house: Any) -> None:
    ends_never = house.conference(
        "2027-05-05T10:00:00+02:00", "Köln", ends_at="2127-05-05T10:00:00+02:00"
    )

    assert list(house.refused(ends_never, NOW).details) == ["ends_at"]


def test_29_february_is_a_day_like_any_other(house: Any) -> None:
    body = house.body("hza-koeln", "customs", "Köln", valid_from="2028-02-29")
    house.done(body, now="2027-12-01T09:00:00+01:00")
    conference_id = house.schedule("2028-02-29T10:00:00+01:00", "Köln")

    house.hold(conference_id, "2028-02-29", {"Köln": (True, ())})

    assert house.published(ConferenceScheduled)[0].competent_bodies[1].body_id == "hza-koeln"


@pytest.mark.parametrize(
    ("before", "after", "hours"),
    [("2027-03-27", "2027-03-29", 23), ("2027-10-30", "2027-11-01", 25)],
)
def test_the_days_of_the_change_of_summer_time_begin_once_like_all_others(
    house: Any, before: str, after: str, hours: int
) -> None:
    house.day(before)
    house.day(after)

    begun = house.published(DayBegan)
    assert [day.date.isoformat() for day in begun][::2] == [before, after]
    changed = begun[2].effective_at - begun[1].effective_at
    assert changed.total_seconds() == hours * 3600


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_possible_or_refused_and_the_two_questions_agree(day: date) -> None:
    try:
        days.ensure_possible(day, "starts_at")
    except (Sunday, PublicHoliday):
        assert not days.is_possible(day)
    else:
        assert days.is_possible(day)
        assert day.weekday() != days.SUNDAY


@given(st.dates(date(2007, 1, 1), date(2099, 12, 31)))
def test_school_holidays_are_never_both_known_and_unknown(day: date) -> None:
    known, unknown = (code in against(day) for code in ("SchoolHolidays", "SchoolHolidaysUnknown"))

    assert not (known and unknown)
    assert unknown == (day > LAST_KNOWN_SCHOOL_HOLIDAY)


def test_the_calendar_reaches_as_far_as_the_library_knows_germany():
    assert (Germany.start_year, Germany.end_year) == (days.FIRST_YEAR, days.LAST_YEAR)


@pytest.mark.parametrize(
    ("starts_at", "codes"),
    [
        ("2027-06-09T10:00:00+02:00", []),
        ("2027-06-09T08:00:00Z", []),
        ("2027-06-09T08:00:00+00:00", []),
        ("2027-03-10T10:00:00+01:00", []),
        ("2027-06-09T10:00:00+01:00", ["OffsetNotOfBerlin"]),
        ("2027-03-10T10:00:00+02:00", ["OffsetNotOfBerlin"]),
        ("2027-06-09T10:00:00-05:00", ["OffsetNotOfBerlin"]),
    ],
)
def test_a_time_with_an_offset_that_berlin_does_not_have_then_needs_a_reason(
    house: Any, starts_at: str, codes: list[str]
) -> None:
    conference = house.conference(starts_at, "Köln")
    if codes:
        assert house.refused(conference, NOW).code == "ReasonRequired"
    answer = house.done(conference.model_copy(update={"override_reason": "So gemeint"}), NOW)

    assert [finding.code for finding in answer.findings] == codes
    [scheduled] = house.published(ConferenceScheduled)
    assert scheduled.starts_at == datetime.fromisoformat(starts_at)
    assert scheduled.starts_at.utcoffset() == timedelta(0)


def test_the_offsets_of_a_new_date_and_of_the_end_are_judged_too(house: Any) -> None:
    until = {"ends_at": "2027-06-09T12:00:00+01:00"}
    starts_at = "2027-06-09T10:00:00+02:00"
    assert house.refused(house.conference(starts_at, "Köln", **until), NOW).code == "ReasonRequired"
    conference_id = house.schedule(starts_at, "Köln", now=NOW)
    moved = commands.RescheduleConference(
        conference_id=conference_id, starts_at="2027-06-10T10:00:00+01:00"
    )
    assert house.refused(moved, NOW).code == "ReasonRequired"
