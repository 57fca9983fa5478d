"""A security conference: planned, dated, convened, opened, held, closed; or postponed, moved, cancelled."""

from datetime import datetime
from typing import Literal

from siko_contracts.values import CompetentBody, Kind, Moment
from siko_core.calendar import berlin_day
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, WrongState, ensure_state
from siko_core.sealed import Sealed

from siko_scheduler.domain.placement import Placement, Plan, Session
from siko_scheduler.domain.refusals import (
    ConferenceAlreadyCancelled,
    ConferenceAlreadyHeld,
    HeldBeforeScheduled,
    StillOpen,
)

State = Literal[
    "PLANNED",
    "ABSORBED",
    "SCHEDULED",
    "CONVENED",
    "IN_SESSION",
    "HELD",
    "CLOSED",
    "POSTPONED",
    "CANCELLED",
]
DATED: tuple[State, ...] = ("SCHEDULED", "CONVENED")
OVER: tuple[State, ...] = ("HELD", "CLOSED")


class Conference(Aggregate):
    """PLANNED -> SCHEDULED -> CONVENED -> IN_SESSION -> HELD -> CLOSED.

    A plan is ABSORBED by another conference that gets its date. Before the session it may be rescheduled, POSTPONED until a new date schedules it again, or CANCELLED for good.
    """

    TOPIC = "conference"

    placement: Placement
    """Missing until it has a first date."""

    class Planned(Created):
        TOPIC = "conference.planned"
        plan: Plan

        def apply(self, aggregate: "Conference") -> None:
            super().apply(aggregate)
            aggregate.plan = self.plan

    class Absorbed(Aggregate.Event):
        TOPIC = "conference.absorbed"
        into_conference_id: str

    class Scheduled(Created):
        TOPIC = "conference.scheduled"
        placement: Placement
        state: State = "SCHEDULED"
        previous_starts_at: Moment | None = None
        override_reason: Sealed[str] | None = None

    class Dated(Aggregate.Event):
        """A planned conference got its first date."""

        TOPIC = "conference.dated"
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

    class NeedsAnswered(Aggregate.Event):
        """The agenda reported that no need for action is open any more (R25)."""

        TOPIC = "conference.needs_answered"

    class Closed(Aggregate.Event):
        TOPIC = "conference.closed"

    class Corrected(Aggregate.Event):
        TOPIC = "conference.corrected"
        placement: Placement
        session: Session
        state: State
        error: Sealed[str]

    @event(Scheduled)
    def __init__(
        self,
        id: str,  # noqa: A002
        authority_id: str,
        placement: Placement | None = None,
        override_reason: Sealed[str] | None = None,
    ) -> None:
        """Scheduled with its date at once, or planned without one."""
        self.state: State = "PLANNED"
        self.plan: Plan | None = None
        self.session: Session | None = None
        self.needs_answered = False
        if placement is not None:
            self.placement = placement
            self.state = "SCHEDULED"

    @classmethod
    def planned(cls, conference_id: str, authority_id: str, plan: Plan) -> "Conference":
        conference: Conference = cls._create(
            cls.Planned, id=conference_id, authority_id=authority_id, plan=plan
        )
        return conference

    @property
    def year(self) -> int:
        """The Berlin year of its start: the year of the obligations that it can fulfil."""
        return self.placement.day.year

    @property
    def is_dated(self) -> bool:
        """It has a date, and its session has not begun."""
        return self.state in DATED

    @property
    def had_a_date(self) -> bool:
        return hasattr(self, "placement")

    def ensure_planned(self) -> None:
        ensure_state(self.state, "PLANNED")

    def stands_for(self, other: "Conference") -> bool:
        """Whether this is a plan for the year of the other's date, and for areas that are among the other's."""
        return (
            self.state == "PLANNED"
            and self.id != other.id
            and self.authority_id == other.authority_id
            and self.plan is not None
            and (self.plan.kind, self.plan.year) == (other.placement.kind, other.year)
            and self.plan.month is None
            and set(self.plan.areas) <= set(other.placement.areas)
        )

    def absorb(self, into_conference_id: str) -> None:
        """Another conference has the date that this one was planned for."""
        self._ensure_state("PLANNED")
        self._absorbed(into_conference_id)

    @event(Absorbed)
    def _absorbed(self, into_conference_id: str) -> None:
        self.state = "ABSORBED"

    def date(self, placement: Placement, override_reason: Sealed[str] | None) -> None:
        """Give the planned conference its first date."""
        self._ensure_state("PLANNED")
        self._dated(placement, override_reason=override_reason)

    @event(Dated)
    def _dated(self, placement: Placement, override_reason: Sealed[str] | None) -> None:
        self.placement = placement
        self.state = "SCHEDULED"

    def ensure_movable(self) -> None:
        self._ensure_state(*DATED, "POSTPONED")

    def reschedule(
        self, placement: Placement, reason: Sealed[str] | None, override_reason: Sealed[str] | None
    ) -> None:
        """Move to another date. CONVENED falls back to SCHEDULED if other bodies are competent on it."""
        self.ensure_movable()
        unchanged = placement.model_copy(update={"findings": self.placement.findings})
        if self.is_dated and unchanged == self.placement:
            raise AlreadyDone("The conference has that date and place already", field="starts_at")
        self._rescheduled(
            placement,
            self._state_with(placement),
            self.placement.starts_at,
            reason,
            override_reason,
        )

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

    def change_competent_bodies(self, bodies: tuple[CompetentBody, ...]) -> None:
        """Follow a change of the register before the session; a no-op if the same bodies are competent."""
        if self.is_dated and bodies != self.placement.competent_bodies:
            placement = self.placement.model_copy(update={"competent_bodies": bodies})
            self._competent_bodies_changed(placement, self._state_with(placement))

    @event(CompetentBodiesChanged)
    def _competent_bodies_changed(self, placement: Placement, state: State) -> None:
        self.placement = placement
        self.state = state

    def convene(self) -> None:
        """Note that the convenor released the invitations; a no-op in every state but SCHEDULED."""
        if self.state == "SCHEDULED":
            self._convened()

    @event(Convened)
    def _convened(self) -> None:
        self.state = "CONVENED"

    def postpone(self, reason: Sealed[str]) -> None:
        self._ensure_state(*DATED)
        self._postponed(reason)

    @event(Postponed)
    def _postponed(self, reason: Sealed[str]) -> None:
        self.state = "POSTPONED"

    def cancel(self, reason: Sealed[str]) -> None:
        self._ensure_state("PLANNED", *DATED, "POSTPONED")
        self._cancelled(reason)

    @event(Cancelled)
    def _cancelled(self, reason: Sealed[str]) -> None:
        self.state = "CANCELLED"

    def open(self, opened_at: datetime) -> None:
        self._ensure_state("CONVENED")
        self._ensure_its_day_has_come(opened_at, "effective_at")
        self._opened()

    @event(Opened)
    def _opened(self) -> None:
        self.state = "IN_SESSION"

    def hold(self, started_at: datetime, ended_at: datetime, now: datetime) -> None:
        """R4: only a conference that was held counts, for the year that it was scheduled in."""
        self._ensure_state("IN_SESSION")
        Session(started_at=started_at, ended_at=ended_at).ensure_over(self.year, now)
        self._ensure_its_day_has_come(started_at, "started_at")
        where = self.placement
        self._held(where.kind, where.areas, where.sections, started_at, ended_at)

    @event(Held)
    def _held(
        self,
        kind: Kind,
        areas: tuple[str, ...],
        sections: tuple[str, ...],
        started_at: datetime,
        ended_at: datetime,
    ) -> None:
        self.session = Session(started_at=started_at, ended_at=ended_at)
        self.state = "HELD"

    def note_needs_answered(self) -> None:
        if not self.needs_answered:
            self._needs_answered()

    @event(NeedsAnswered)
    def _needs_answered(self) -> None:
        self.needs_answered = True

    def close(self) -> None:
        """R25: only once every need for action is answered; a closed conference is not reopened."""
        if self.state == "CLOSED":
            raise AlreadyDone("The conference is closed already", field="conference_id")
        self._ensure_state("HELD")
        if not self.needs_answered:
            raise StillOpen(what=["needs_answered"])
        self._closed()

    @event(Closed)
    def _closed(self) -> None:
        self.state = "CLOSED"

    def correct(
        self,
        error: Sealed[str],
        now: datetime,
        *,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        place: str | None = None,
    ) -> None:
        """Replace what was recorded wrongly; `error` says why. What is left out stays, and so does the year."""
        if self.session is None:
            raise WrongState(state=self.state, needed=list(OVER))
        session = Session(
            started_at=started_at or self.session.started_at,
            ended_at=ended_at or self.session.ended_at,
        )
        session.ensure_over(self.year, now)
        placement = self.placement.model_copy(update={"place": place or self.placement.place})
        if (session, placement) == (self.session, self.placement):
            raise AlreadyDone("It is recorded so already", field="conference_id")
        self._corrected(placement, session, self.state, error)

    @event(Corrected)
    def _corrected(
        self, placement: Placement, session: Session, state: State, error: Sealed[str]
    ) -> None:
        self.placement = placement
        self.session = session

    def _ensure_state(self, *needed: State) -> None:
        """Raises the refusal that names the state which hinders."""
        if self.state not in needed:
            if self.state == "CANCELLED":
                raise ConferenceAlreadyCancelled(state=self.state)
            if self.state in OVER:
                raise ConferenceAlreadyHeld(state=self.state)
        ensure_state(self.state, *needed)

    def _state_with(self, placement: Placement) -> State:
        same = placement.competent_bodies == self.placement.competent_bodies
        return "CONVENED" if self.state == "CONVENED" and same else "SCHEDULED"

    def _ensure_its_day_has_come(self, moment: datetime, field: str) -> None:
        if berlin_day(moment) < self.placement.day:
            raise HeldBeforeScheduled(field=field, starts_at=self.placement.starts_at.isoformat())
