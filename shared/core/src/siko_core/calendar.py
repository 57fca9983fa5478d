"""The calendar of North Rhine-Westphalia: a day is a day in Berlin, whatever offset a moment was written with."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
ONE_DAY = timedelta(days=1)


@lru_cache(4096)
def berlin_day(moment: datetime) -> date:
    return moment.astimezone(BERLIN).date()


def is_local(moment: datetime) -> bool:
    """Whether it is written with the offset that Berlin has then, or in UTC, which nobody takes for local time."""
    return moment.utcoffset() in {moment.astimezone(BERLIN).utcoffset(), timedelta(0)}


def day_begins(day: date) -> datetime:
    """Return the midnight in Berlin at which the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)
