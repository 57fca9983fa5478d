"""Periods of days with a first day and maybe a last one, and the years of the calendar."""

from datetime import date
from typing import Self

from siko_contracts.values import Value


def year_begins(year: int) -> date:
    return date(year, 1, 1)


def year_ends(year: int) -> date:
    return date(year, 12, 31)


class Period(Value):
    """Holds from a first day to a last day; without a last day it is open."""

    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, valid_from: date, valid_to: date | None) -> bool:
        return (self.valid_to is None or valid_from <= self.valid_to) and (
            valid_to is None or self.valid_from <= valid_to
        )

    def ended(self, last_day: date) -> Self | None:
        """Returns the period until that last day, or None if no day of it is left."""
        if last_day < self.valid_from:
            return None
        if self.valid_to is not None and self.valid_to <= last_day:
            return self
        return self.model_copy(update={"valid_to": last_day})
