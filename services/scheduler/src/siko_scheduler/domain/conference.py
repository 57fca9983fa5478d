"""A security conference: planned, dated, convened, opened, held, closed; or postponed, moved, cancelled."""

from datetime import datetime

from siko_contracts.values import CompetentBody, Kind, Moment
from siko_core.eventsourced import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.domain.calendar import berlin_day
from siko_scheduler.domain.placement import Placement, Plan, Session
from siko_scheduler.domain.refusals import HeldBeforeScheduled, StillOpen
from siko_scheduler.domain.states import DATED, OVER, State, ensure_state


class Conference(Aggregate):
    """PLANNED -> SCHEDULED -> CONVENED -> IN_SESSION -> HELD -> CLOSED; before the session it may move, wait or end."""

    TOPIC = "conference"

    placement: Placement
    """Once it has had a date."""

    class Planned(Created):
        TOPIC = "conference.planned"
        plan: Plan

        def apply(self, aggregate: "Conference") -> None:
            super().apply(aggregate)
            aggregate.plan = self.plan

    class Scheduled(Created):
        TOPIC = "conference.scheduled"
        placement: Placement
        state: State = "SCHEDULED"
        previous_starts_at: Moment | None = None
        override_reason: Sealed[str] | None = None

    class Dated(Aggregate.Event):
        """A planned one is scheduled."""

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
        """Agenda says that no need for action is open any more (R25)."""

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
        """Created with its date at once; without one it is planned."""
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

    def date(self, placement: Placement, override_reason: Sealed[str] | None) -> None:
        """The planned conference gets its first date."""
        ensure_state(self.state, "PLANNED")
        self._dated(placement, override_reason=override_reason)

    def ensure_movable(self) -> None:
        ensure_state(self.state, *DATED, "POSTPONED")

    def reschedule(
        self, placement: Placement, reason: Sealed[str] | None, override_reason: Sealed[str] | None
    ) -> None:
        """A new date keeps the state; CONVENED falls back where other bodies are competent on it."""
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
        ensure_state(self.state, *DATED)
        self._postponed(reason)

    def cancel(self, reason: Sealed[str]) -> None:
        ensure_state(self.state, "PLANNED", *DATED, "POSTPONED")
        self._cancelled(reason)

    def open(self, opened_at: datetime) -> None:
        ensure_state(self.state, "CONVENED")
        self._ensure_its_day_has_come(opened_at, "effective_at")
        self._opened()

    def hold(self, started_at: datetime, ended_at: datetime, now: datetime) -> None:
        """R4: only from here on it counts. Its year stays the one that it was scheduled for."""
        ensure_state(self.state, "IN_SESSION")
        Session(started_at=started_at, ended_at=ended_at).ensure_over(self.year, now)
        self._ensure_its_day_has_come(started_at, "started_at")
        where = self.placement
        self._held(where.kind, where.areas, where.sections, started_at, ended_at)

    def note_needs_answered(self) -> None:
        if not self.needs_answered:
            self._needs_answered()

    def close(self) -> None:
        """R25: every need for action is answered; nothing is reopened after."""
        if self.state == "CLOSED":
            raise AlreadyDone("The conference is closed already", field="conference_id")
        ensure_state(self.state, "HELD")
        if not self.needs_answered:
            raise StillOpen(what=["needs_answered"])
        self._closed()

    def correct(
        self,
        error: Sealed[str],
        now: datetime,
        *,
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        place: str | None = None,
    ) -> None:
        """What was recorded was wrong; the error says why. What is left out was right, and the year stays the year."""
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

    def _state_with(self, placement: Placement) -> State:
        same = placement.competent_bodies == self.placement.competent_bodies
        return "CONVENED" if self.state == "CONVENED" and same else "SCHEDULED"

    def _ensure_its_day_has_come(self, moment: datetime, field: str) -> None:
        if berlin_day(moment) < self.placement.day:
            raise HeldBeforeScheduled(field=field, starts_at=self.placement.starts_at.isoformat())

    @event(Dated)
    def _dated(self, placement: Placement, override_reason: Sealed[str] | None) -> None:
        self.placement = placement
        self.state = "SCHEDULED"

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
        self.session = Session(started_at=started_at, ended_at=ended_at)
        self.state = "HELD"

    @event(NeedsAnswered)
    def _needs_answered(self) -> None:
        self.needs_answered = True

    @event(Closed)
    def _closed(self) -> None:
        self.state = "CLOSED"

    @event(Corrected)
    def _corrected(
        self, placement: Placement, session: Session, state: State, error: Sealed[str]
    ) -> None:
        self.placement = placement
        self.session = session
