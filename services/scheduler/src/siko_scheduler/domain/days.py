"""Which days suit a conference in North Rhine-Westphalia: what refuses a day, and what speaks against one.

Source: the library `holidays`, which lists the public holidays from 1991 to 2100, and the school holidays as far
as the state has set them. Behind its last listed school holiday the answer is "unknown", never "free".
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from siko_contracts.values import Finding
from siko_core.calendar import is_local
from siko_core.refusals import InvalidCommand

from siko_scheduler.domain.refusals import PublicHoliday, Sunday
from siko_scheduler.domain.ruleset import Rules

if TYPE_CHECKING:
    from holidays.countries.germany import Germany

FIRST_YEAR, LAST_YEAR = 1991, 2100
"""The years that the library knows for Germany; a test compares."""
SATURDAY, SUNDAY = 5, 6
INFORMS_ONLY = "SchoolHolidaysUnknown"
"""The one finding that asks for no reason: nobody can know better yet."""


def ensure_possible(day: date, field: str) -> None:
    """Raises a refusal if the day is a Sunday or a public holiday, or lies outside the known calendar."""
    ensure_known(day, field)
    if day.weekday() == SUNDAY:
        raise Sunday(field=field, day=day.isoformat())
    if name := _public_holidays(day.year).get(day):
        raise PublicHoliday(field=field, day=day.isoformat(), holiday=name)


def ensure_known(day: date, field: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidCommand(**{field: f"the calendar is known from {FIRST_YEAR} to {LAST_YEAR}"})


def is_possible(day: date) -> bool:
    return day.weekday() != SUNDAY and day not in _public_holidays(day.year)


def against(day: date, decided_on: date, district: str, rules: Rules) -> tuple[Finding, ...]:
    """What speaks against that day for an authority of the district, decided on another day."""
    month_and_day = (day.month, day.day)
    findings = {
        "Saturday": day.weekday() == SATURDAY,
        "SchoolHolidays": day in _school_holidays(),
        INFORMS_ONLY: day > _last_school_holiday(),
        "Blackout": _is_blacked_out(day, district, rules),
        "YearEnd": month_and_day in rules.discouraged_days,
        "ShortNotice": day - decided_on < timedelta(days=rules.notice_days),
    }
    return tuple(Finding(code=code, rule="calendar") for code, is_so in findings.items() if is_so)


def offsets(*written: datetime | None) -> tuple[Finding, ...]:
    """One finding if a time is written with an offset that Berlin does not have then, such as +01:00 in summer.

    Decided: it needs a reason, for the conference would be an hour earlier or later than meant. UTC is no finding.
    """
    if all(moment is None or is_local(moment) for moment in written):
        return ()
    return (Finding(code="OffsetNotOfBerlin", rule="calendar"),)


def needing_reason(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.code != INFORMS_ONLY]


def _is_blacked_out(day: date, district: str, rules: Rules) -> bool:
    before_easter = (_easter(day.year) - day).days
    return any(
        district in blackout.districts
        and blackout.last_day_before_easter <= before_easter <= blackout.first_day_before_easter
        for blackout in rules.blackouts
    )


@cache
def _easter(year: int) -> date:
    holidays = _public_holidays(year).items()
    return next(day for day, name in holidays if name == "Karfreitag") + timedelta(days=2)


@cache
def _public_holidays(year: int) -> dict[date, str]:
    return dict(_library()(subdiv="NW", years=year, language="de"))


@cache
def _school_holidays() -> frozenset[date]:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return frozenset(_library()(subdiv="NW", years=years, categories=("school",)))


@cache
def _last_school_holiday() -> date:
    return max(_school_holidays())


def _library() -> type["Germany"]:
    """Loaded when the first day is judged: with Germany come the calendars of 250 other countries, 11 MB."""
    from holidays.countries.germany import Germany  # noqa: PLC0415

    return Germany
