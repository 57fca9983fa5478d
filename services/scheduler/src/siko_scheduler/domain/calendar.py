"""Days of the calendar: the Europe/Berlin day, and periods of days with a first and maybe a last one."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from siko_contracts.values import Value

BERLIN = ZoneInfo("Europe/Berlin")
ONE_DAY = timedelta(days=1)


@lru_cache(4096)
def berlin_day(moment: datetime) -> date:
    return moment.astimezone(BERLIN).date()


def day_begins(day: date) -> datetime:
    """The Berlin midnight with which the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def year_begins(year: int) -> date:
    return date(year, 1, 1)


def year_ends(year: int) -> date:
    return date(year, 12, 31)


class Period(Value):
    """Something that holds from a first day to a last day; open if there is none."""

    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, valid_from: date, valid_to: date | None) -> bool:
        return (self.valid_to is None or valid_from <= self.valid_to) and (
            valid_to is None or self.valid_from <= valid_to
        )

    def ended(self, last_day: date) -> Self | None:
        """The period until that last day; None where no day of it is left."""
        if last_day < self.valid_from:
            return None
        if self.valid_to is not None and self.valid_to <= last_day:
            return self
        return self.model_copy(update={"valid_to": last_day})
