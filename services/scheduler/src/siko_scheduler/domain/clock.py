"""Days begin as facts: every day once, in order, none left out (contracts, Time)."""

from datetime import date, timedelta

from siko_contracts.values import Value
from siko_core.calendar import ONE_DAY
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import InvalidCommand

FURTHEST = timedelta(days=3660)


class Days(Value):
    """The days begun so far; `turns`: year -> event id of the day that ended it."""

    first: date
    last: date
    turns: dict[int, str]

    def ended_by(self, year: int) -> str | None:
        """Event id of the first day begun after that year; None while the year lasts."""
        later = [turn for turn in self.turns if turn >= year]
        return self.turns[min(later)] if later else None


class Clock(Aggregate):
    """The days begun. The first one is whatever day the house starts on."""

    TOPIC = "clock"
    ID = "clock"

    class FirstDayBegan(Created):
        TOPIC = "clock.first_day_began"
        date: date

    class DayBegan(Aggregate.Event):
        TOPIC = "clock.day_began"
        date: date

    @staticmethod
    def create_id(**_: object) -> str:
        return Clock.ID

    @event(FirstDayBegan)
    def __init__(self, date: date) -> None:
        self.days = Days(first=date, last=date, turns={date.year - 1: self.event_id})

    def ensure_begins_next(self, day: date) -> None:
        """Raises InvalidCommand if the day has begun, or lies so far ahead that it must be a slip of the pen."""
        if day < self.days.last:
            raise InvalidCommand(
                as_of=f"days never go back: {self.days.last.isoformat()} has begun already"
            )
        if day - self.days.last > FURTHEST:
            raise InvalidCommand(as_of=f"more than {FURTHEST.days} days ahead: go in steps")

    def begin_next_day(self) -> date:
        self._day_began(date=self.days.last + ONE_DAY)
        return self.days.last

    @event(DayBegan)
    def _day_began(self, date: date) -> None:
        turns = self.days.turns
        if date.year > self.days.last.year:
            turns = turns | {self.days.last.year: self.next_event_id}
        self.days = Days(first=self.days.first, last=date, turns=turns)
