"""A security conference: dated, convened, opened, held; or postponed, moved, cancelled."""

from datetime import date, datetime
from typing import Literal

from siko_contracts.values import CompetentBody, Finding, Kind, Moment, Value
from siko_core.eventsourced import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, InTheFuture, InvalidCommand, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.domain.calendar import berlin_day
from siko_scheduler.domain.refusals import (
    ConferenceAlreadyCancelled,
    ConferenceAlreadyHeld,
    DateInPast,
    HeldBeforeScheduled,
)

State = Literal["SCHEDULED", "CONVENED", "IN_SESSION", "HELD", "POSTPONED", "CANCELLED"]
DATED: tuple[State, ...] = ("SCHEDULED", "CONVENED")


class Placement(Value):
    """Where and when a conference meets, for what, and who is competent for it then (R9, R33)."""

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


class Conference(Aggregate):
    """SCHEDULED -> CONVENED -> IN_SESSION -> HELD; before the session it may move, wait or be cancelled."""

    TOPIC = "conference"

    class Scheduled(Created):
        TOPIC = "conference.scheduled"
        placement: Placement
        state: State = "SCHEDULED"
        previous_starts_at: Moment | None = None
        override_reason: Sealed[str] | None = None

    class Rescheduled(Aggregate.Event):
        TOPIC = "conference.rescheduled"
        placement: Placement
        state: State
        previous_starts_at: Moment
        reason: Sealed[str] | None = None
        override_reason: Sealed[str] | None = None

    class CompetentBodiesChanged(Aggregate.Event):
        TOPIC = "conference.competent_bodies_changed"
        placement: Placement
        state: State
        previous_starts_at: Moment | None = None

    class Convened(Aggregate.Event):
        TOPIC = "conference.convened"

    class Postponed(Aggregate.Event):
        TOPIC = "conference.postponed"
        reason: Sealed[str]

    class Cancelled(Aggregate.Event):
        TOPIC = "conference.cancelled"
        reason: Sealed[str]

    class Opened(Aggregate.Event):
        TOPIC = "conference.opened"

    class Held(Aggregate.Event):
        TOPIC = "conference.held"
        kind: Kind
        areas: tuple[str, ...]
        sections: tuple[str, ...]
        started_at: Moment
        ended_at: Moment

    @event(Scheduled)
    def __init__(
        self,
        id: str,  # noqa: A002
        authority_id: str,
        placement: Placement,
        override_reason: Sealed[str] | None = None,
    ) -> None:
        self.placement = placement
        self.state: State = "SCHEDULED"

    @property
    def year(self) -> int:
        """The Berlin year of its start: the year of the obligations that it can fulfil."""
        return self.placement.day.year

    @property
    def is_dated(self) -> bool:
        """It has a date, and its session has not begun."""
        return self.state in DATED

    def ensure_movable(self) -> None:
        self._ensure_state(*DATED, "POSTPONED")

    def reschedule(
        self, placement: Placement, reason: Sealed[str] | None, override_reason: Sealed[str] | None
    ) -> None:
        """A new date keeps the state; CONVENED falls back where other bodies are competent on it."""
        self.ensure_movable()
        if self.is_dated and placement == self.placement:
            raise AlreadyDone("The conference has that date and place already", field="starts_at")
        self._rescheduled(
            placement,
            self._state_with(placement),
            self.placement.starts_at,
            reason,
            override_reason,
        )

    def change_competent_bodies(self, bodies: tuple[CompetentBody, ...]) -> None:
        """The register changed before the session; a no-op where the same bodies are competent."""
        if self.is_dated and bodies != self.placement.competent_bodies:
            placement = self.placement.model_copy(update={"competent_bodies": bodies})
            self._competent_bodies_changed(placement, self._state_with(placement))

    def convene(self) -> None:
        """The convenor released the invitations; a no-op in every other state than SCHEDULED."""
        if self.state == "SCHEDULED":
            self._convened()

    def postpone(self, reason: Sealed[str]) -> None:
        self._ensure_state(*DATED)
        self._postponed(reason)

    def cancel(self, reason: Sealed[str]) -> None:
        self._ensure_state(*DATED, "POSTPONED")
        self._cancelled(reason)

    def open(self, opened_at: datetime) -> None:
        self._ensure_state("CONVENED")
        self._ensure_its_day_has_come(opened_at, "effective_at")
        self._opened()

    def hold(self, started_at: datetime, ended_at: datetime, now: datetime) -> None:
        """R4: only from here on it counts. Its year stays the one that it was scheduled for."""
        self._ensure_state("IN_SESSION")
        if ended_at <= started_at:
            raise InvalidCommand(ended_at="must lie after started_at")
        if ended_at > now:
            raise InTheFuture(field="ended_at", now=now.isoformat())
        self._ensure_its_day_has_come(started_at, "started_at")
        if berlin_day(started_at).year != self.year:
            raise InvalidCommand(started_at="must lie in the year that the conference is dated in")
        where = self.placement
        self._held(where.kind, where.areas, where.sections, started_at, ended_at)

    def _state_with(self, placement: Placement) -> State:
        same = placement.competent_bodies == self.placement.competent_bodies
        return "CONVENED" if self.state == "CONVENED" and same else "SCHEDULED"

    def _ensure_state(self, *needed: State) -> None:
        if self.state in needed:
            return
        if self.state == "CANCELLED":
            raise ConferenceAlreadyCancelled(state=self.state)
        if self.state == "HELD":
            raise ConferenceAlreadyHeld(state=self.state)
        raise WrongState(state=self.state, needed=list(needed))

    def _ensure_its_day_has_come(self, moment: datetime, field: str) -> None:
        if berlin_day(moment) < self.placement.day:
            raise HeldBeforeScheduled(field=field, starts_at=self.placement.starts_at.isoformat())

    @event(Rescheduled)
    def _rescheduled(
        self,
        placement: Placement,
        state: State,
        previous_starts_at: datetime,
        reason: Sealed[str] | None,
        override_reason: Sealed[str] | None,
    ) -> None:
        self.placement = placement
        self.state = state

    @event(CompetentBodiesChanged)
    def _competent_bodies_changed(self, placement: Placement, state: State) -> None:
        self.placement = placement
        self.state = state

    @event(Convened)
    def _convened(self) -> None:
        self.state = "CONVENED"

    @event(Postponed)
    def _postponed(self, reason: Sealed[str]) -> None:
        self.state = "POSTPONED"

    @event(Cancelled)
    def _cancelled(self, reason: Sealed[str]) -> None:
        self.state = "CANCELLED"

    @event(Opened)
    def _opened(self) -> None:
        self.state = "IN_SESSION"

    @event(Held)
    def _held(
        self,
        kind: Kind,
        areas: tuple[str, ...],
        sections: tuple[str, ...],
        started_at: datetime,
        ended_at: datetime,
    ) -> None:
        self.state = "HELD"
