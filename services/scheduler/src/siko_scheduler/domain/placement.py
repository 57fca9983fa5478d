"""Values of a conference: what is planned, where and when it meets with which bodies, and when it was held."""

from datetime import date, datetime, timedelta

from siko_contracts.values import CompetentBody, Finding, Kind, Moment, Value
from siko_core.calendar import berlin_day
from siko_core.refusals import InTheFuture, InvalidCommand

from siko_scheduler.domain import days
from siko_scheduler.domain.refusals import DateInPast

LONGEST = timedelta(days=3)


class Plan(Value):
    """What a conference is to be for, before it has a date; `month` is `2027-05`."""

    kind: Kind
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    year: int | None = None
    month: str | None = None


class Placement(Value):
    """A date and a place with the bodies competent then, and what spoke against it (R9, R33)."""

    kind: Kind
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    starts_at: Moment
    ends_at: Moment
    place: str
    competent_bodies: tuple[CompetentBody, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def day(self) -> date:
        """The conference date: a day of the Berlin calendar."""
        return berlin_day(self.starts_at)

    def ensure_ahead(self, decided_at: datetime) -> None:
        if self.starts_at < decided_at:
            raise DateInPast(field="starts_at", decided_at=decided_at.isoformat())
        if self.ends_at <= self.starts_at:
            raise InvalidCommand(ends_at="must lie after starts_at")
        if self.ends_at - self.starts_at > LONGEST:
            raise InvalidCommand(ends_at=f"must lie within {LONGEST.days} days of starts_at")
        days.ensure_possible(self.day, "starts_at")

    def overlaps(self, other: "Placement") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Session(Value):
    """When the conference was actually held."""

    started_at: Moment
    ended_at: Moment

    def ensure_over(self, year: int, now: datetime) -> None:
        """Raises a refusal unless it has ended by now and lies in the year that the conference is dated in."""
        if self.ended_at <= self.started_at:
            raise InvalidCommand(ended_at="must lie after started_at")
        if self.ended_at > now:
            raise InTheFuture(field="ended_at", now=now.isoformat())
        if berlin_day(self.started_at).year != year:
            raise InvalidCommand(started_at="must lie in the year that the conference is dated in")
