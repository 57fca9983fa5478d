"""A district police authority: its motorway duty, its head, its end (R32)."""

from datetime import date

from siko_core.calendar import ONE_DAY
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.domain.competence import NotedBody, Notes, ended, is_noted_after, noted
from siko_scheduler.domain.judging import Owed, clipped
from siko_scheduler.domain.period import Period
from siko_scheduler.domain.refusals import CompetenceOverlaps, NoMotorwayDuty


class Duty(Period):
    """Motorway police duty on these sections."""

    sections: tuple[str, ...]
    verified: bool
    event_id: str


class Head(Period):
    """Who leads the authority, by function; the name is sealed in the event."""

    function: str
    event_id: str


class Authority(Aggregate):
    """A Kreispolizeibehörde as the register has it."""

    TOPIC = "authority"

    class Registered(Created):
        TOPIC = "authority.registered"
        name: str
        kind: str
        district: str
        valid_from: date

    class MotorwayDutyGranted(Aggregate.Event):
        TOPIC = "authority.motorway_duty_granted"
        sections: tuple[str, ...]
        verified: bool
        valid_from: date

    class MotorwayDutyRevoked(Aggregate.Event):
        TOPIC = "authority.motorway_duty_revoked"
        valid_to: date

    class HeadAppointed(Aggregate.Event):
        TOPIC = "authority.head_appointed"
        function: str
        name: Sealed[str] | None = None
        valid_from: date

    class Dissolved(Aggregate.Event):
        TOPIC = "authority.dissolved"
        valid_to: date

    class BodyNoted(Aggregate.Event):
        TOPIC = "authority.body_noted"
        note: NotedBody

    class BodyEnded(Aggregate.Event):
        TOPIC = "authority.body_ended"
        body_id: str
        valid_to: date

    @event(Registered)
    def __init__(
        self,
        *,
        id: str,  # noqa: A002
        authority_id: str,
        name: str,
        kind: str,
        district: str,
        valid_from: date,
    ) -> None:
        self.name = name
        self.kind = kind
        self.district = district
        self.existence = Period(valid_from=valid_from)
        self.duties: tuple[Duty, ...] = ()
        self.heads: tuple[Head, ...] = ()
        self.notes: Notes = ()

    def duty_on(self, day: date) -> Duty | None:
        return next((duty for duty in self.duties if duty.holds_on(day)), None)

    def owed_in(self, year: int) -> tuple[Owed, ...]:
        """In which part of that year the authority owes a motorway conference."""
        parts = ((duty, clipped(duty, year)) for duty in self.duties)
        return tuple(
            Owed(
                authority_id=self.id,
                valid_from=part[0],
                valid_to=part[1],
                evidence=duty.event_id,
            )
            for duty, part in parts
            if part
        )

    def ensure_exists_on(self, day: date, field: str) -> None:
        """Raises WrongState unless the authority exists on that day, the first of what it is given."""
        if not self.existence.holds_on(day):
            state = "DISSOLVED" if self.existence.valid_from <= day else "NOT_YET_REGISTERED"
            raise WrongState(field=field, state=state, needed=["REGISTERED"])

    def ensure_motorway_duty(self, day: date) -> Duty:
        """R32: kind siko_ap only with motorway duty on that date."""
        duty = self.duty_on(day)
        if duty is None:
            raise NoMotorwayDuty(field="authority_id", authority_id=self.id, day=day.isoformat())
        return duty

    def grant_motorway_duty(
        self, sections: tuple[str, ...], valid_from: date, *, verified: bool
    ) -> None:
        self.ensure_exists_on(valid_from, "valid_from")
        for duty in self.duties:
            if (duty.sections, duty.verified, duty.valid_from) == (sections, verified, valid_from):
                raise AlreadyDone("The duty is granted so already", field="valid_from")
            if duty.overlaps(valid_from, None):
                raise CompetenceOverlaps(
                    field="valid_from",
                    valid_from=duty.valid_from.isoformat(),
                    valid_to=duty.valid_to.isoformat() if duty.valid_to else None,
                )
        self._motorway_duty_granted(sections, verified, valid_from)

    @event(MotorwayDutyGranted)
    def _motorway_duty_granted(
        self, sections: tuple[str, ...], verified: bool, valid_from: date
    ) -> None:
        duty = Duty(
            sections=sections,
            verified=verified,
            valid_from=valid_from,
            event_id=self.next_event_id,
        )
        self.duties = (*self.duties, duty)

    def revoke_motorway_duty(self, valid_to: date) -> None:
        if self.duty_on(valid_to) is None:
            raise NoMotorwayDuty(field="valid_to", authority_id=self.id, day=valid_to.isoformat())
        self._motorway_duty_revoked(valid_to)

    @event(MotorwayDutyRevoked)
    def _motorway_duty_revoked(self, valid_to: date) -> None:
        duties = (duty.ended(valid_to) for duty in self.duties)
        self.duties = tuple(duty for duty in duties if duty is not None)

    def appoint_head(self, function: str, name: Sealed[str] | None, valid_from: date) -> None:
        self.ensure_exists_on(valid_from, "valid_from")
        self._head_appointed(function, name, valid_from)

    @event(HeadAppointed)
    def _head_appointed(self, function: str, name: Sealed[str] | None, valid_from: date) -> None:
        before = (head.ended(valid_from - ONE_DAY) for head in self.heads)
        head = Head(function=function, valid_from=valid_from, event_id=self.next_event_id)
        self.heads = (*(ended for ended in before if ended), head)

    def dissolve(self, valid_to: date) -> None:
        if self.existence.valid_to is not None:
            raise AlreadyDone("The authority is dissolved already", field="authority_id")
        if valid_to < self.existence.valid_from:
            raise InvalidCommand(valid_to="must not lie before valid_from")
        if any(duty.ended(valid_to) != duty for duty in self.duties):
            self._motorway_duty_revoked(valid_to)
        self._dissolved(valid_to)

    @event(Dissolved)
    def _dissolved(self, valid_to: date) -> None:
        self.existence = Period(valid_from=self.existence.valid_from, valid_to=valid_to)

    def note_body(self, note: NotedBody) -> None:
        self._body_noted(note)

    @event(BodyNoted)
    def _body_noted(self, note: NotedBody) -> None:
        self.notes = noted(self.notes, note)

    def end_body(self, body_id: str, last_day: date) -> None:
        if is_noted_after(self.notes, body_id, last_day):
            self._body_ended(body_id, last_day)

    @event(BodyEnded)
    def _body_ended(self, body_id: str, valid_to: date) -> None:
        self.notes = ended(self.notes, body_id, valid_to)
