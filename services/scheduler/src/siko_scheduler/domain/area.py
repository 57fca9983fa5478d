"""An area has one debtor a day, and notes the bodies that are competent for it (R5, R6, R9)."""

from datetime import date
from operator import attrgetter

from siko_core.calendar import ONE_DAY
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, InvalidCommand, WrongState

from siko_scheduler.domain.competence import NotedBody, Notes, ended, is_noted_after, noted
from siko_scheduler.domain.judging import Owed, clipped
from siko_scheduler.domain.period import Period
from siko_scheduler.domain.refusals import CompetenceOverlaps, NotCompetent


class Assignment(Period):
    """An authority is competent for the area in this period, and so owes its conferences."""

    authority_id: str
    verified: bool
    event_id: str


class Area(Aggregate):
    """The timeline of an area's debtors; overlap is refused, so that one debtor a day has one home."""

    TOPIC = "area"

    class Named(Created):
        TOPIC = "area.named"
        area: str

    class Assigned(Aggregate.Event):
        TOPIC = "area.assigned"
        area: str
        verified: bool
        valid_from: date
        valid_to: date | None = None

    class Released(Aggregate.Event):
        TOPIC = "area.released"
        area: str
        valid_to: date

    class BodyNoted(Aggregate.Event):
        TOPIC = "area.body_noted"
        note: NotedBody

    class BodyEnded(Aggregate.Event):
        TOPIC = "area.body_ended"
        body_id: str
        valid_to: date

    @staticmethod
    def create_id(area: str, **_: object) -> str:
        return f"area:{area}"

    @event(Named)
    def __init__(self, authority_id: str, area: str) -> None:
        self.area = area
        self.assignments: tuple[Assignment, ...] = ()
        self.notes: Notes = ()

    def assignment_on(self, day: date) -> Assignment | None:
        holding = (assignment for assignment in self.assignments if assignment.holds_on(day))
        return next(holding, None)

    def next_assignment(self, day: date) -> Assignment | None:
        """The assignment that holds on the day, else the first that begins after it."""
        for assignment in self.assignments:
            if assignment.valid_to is None or assignment.valid_to >= day:
                return assignment
        return None

    def owed_in(self, year: int) -> tuple[Owed, ...]:
        """R6: who owes a conference for this area in which part of that year."""
        parts = ((assignment, clipped(assignment, year)) for assignment in self.assignments)
        return tuple(
            Owed(
                authority_id=assignment.authority_id,
                valid_from=part[0],
                valid_to=part[1],
                evidence=assignment.event_id,
            )
            for assignment, part in parts
            if part
        )

    def is_competent(self, authority_id: str, day: date) -> bool:
        assignment = self.assignment_on(day)
        return assignment is not None and assignment.authority_id == authority_id

    def ensure_competent(self, authority_id: str, day: date) -> None:
        """R5: only the authority competent for the area on the conference date convenes."""
        if not self.is_competent(authority_id, day):
            assignment = self.assignment_on(day)
            raise NotCompetent(
                field="authority_id",
                area=self.area,
                day=day.isoformat(),
                competent=assignment.authority_id if assignment else None,
            )

    def assign(
        self, authority_id: str, valid_from: date, valid_to: date | None, *, verified: bool
    ) -> None:
        if valid_to is not None and valid_to < valid_from:
            raise InvalidCommand(valid_to="must not lie before valid_from")
        for before in self.assignments:
            if (before.authority_id, before.valid_from, before.valid_to, before.verified) == (
                authority_id,
                valid_from,
                valid_to,
                verified,
            ):
                raise AlreadyDone("The area is assigned so already", field="area")
            if before.overlaps(valid_from, valid_to):
                raise CompetenceOverlaps(
                    field="valid_from",
                    area=self.area,
                    authority_id=before.authority_id,
                    valid_from=before.valid_from.isoformat(),
                    valid_to=before.valid_to.isoformat() if before.valid_to else None,
                )
        self._assigned(authority_id, self.area, verified, valid_from, valid_to)

    @event(Assigned)
    def _assigned(
        self, authority_id: str, area: str, verified: bool, valid_from: date, valid_to: date | None
    ) -> None:
        assignment = Assignment(
            authority_id=authority_id,
            verified=verified,
            valid_from=valid_from,
            valid_to=valid_to,
            event_id=self.next_event_id,
        )
        in_order = sorted([*self.assignments, assignment], key=attrgetter("valid_from"))
        self.assignments = tuple(in_order)

    def transfer(self, to_authority_id: str, valid_from: date) -> None:
        """R6: two events, each under its authority: the debtor is released, the next one assigned."""
        debtor = self.assignment_on(valid_from)
        if debtor is None:
            raise WrongState(field="valid_from", state="UNASSIGNED", needed=["ASSIGNED"])
        if debtor.authority_id == to_authority_id:
            raise AlreadyDone("The authority is competent on that day", field="to_authority_id")
        if debtor.valid_from == valid_from:
            raise InvalidCommand(valid_from="must lie after the first day of the present debtor")
        self._released(debtor.authority_id, self.area, valid_from - ONE_DAY)
        self._assigned(to_authority_id, self.area, debtor.verified, valid_from, debtor.valid_to)

    def release(self, authority_id: str, last_day: date) -> None:
        """End the authority's competence after that day; a no-op if it has none then."""
        for assignment in self.assignments:
            if assignment.authority_id == authority_id and assignment.ended(last_day) != assignment:
                self._released(authority_id, self.area, last_day)
                return

    @event(Released)
    def _released(self, authority_id: str, area: str, valid_to: date) -> None:
        assignments = (
            assignment.ended(valid_to) if assignment.authority_id == authority_id else assignment
            for assignment in self.assignments
        )
        self.assignments = tuple(assignment for assignment in assignments if assignment is not None)

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
