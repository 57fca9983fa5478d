"""The list of a conference: derived, checked, released by the convenor, frozen at the start."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal

from siko_contracts.values import AreaCoverage, CompetentBody, Finding, Kind
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import ensure_state
from siko_core.sealed import Sealed

from siko_invitations.domain.coverage import Acceptance, coverage, gaps, not_counting, to_invite
from siko_invitations.domain.meeting import Meeting
from siko_invitations.domain.refusals import (
    DuplicateBody,
    GapNotAccepted,
    ListFrozen,
    NobodyInvited,
    NotChecked,
    NotInvited,
)
from siko_invitations.domain.ruleset import NRW_2024_1
from siko_invitations.domain.school_route import ensure_not_direct

State = Literal["DERIVED", "CHECKED", "RELEASED", "FROZEN", "POSTPONED", "CANCELLED"]
OPEN: tuple[State, ...] = ("DERIVED", "CHECKED", "RELEASED")
AHEAD: tuple[State, ...] = (*OPEN, "POSTPONED")


class InvitationList(Aggregate):
    """DERIVED -> CHECKED -> RELEASED -> FROZEN; POSTPONED until a new date renews it, CANCELLED for good."""

    TOPIC = "invitation_list"

    class Event(Aggregate.Event):
        conference_id: str

    class Derived(Created):
        TOPIC = "invitation_list.derived"
        conference_id: str
        kind: Kind
        areas: tuple[str, ...]
        starts_at: datetime
        ends_at: datetime | None = None
        place: str | None = None
        bodies: tuple[CompetentBody, ...]

    class Renewed(Event):
        """`competent`: who must be reached; `bodies`: the list, additions and removals kept."""

        TOPIC = "invitation_list.renewed"
        areas: tuple[str, ...]
        starts_at: datetime
        ends_at: datetime | None = None
        place: str | None = None
        competent: tuple[CompetentBody, ...]
        bodies: tuple[CompetentBody, ...]
        state: State

    class BodyAdded(Event):
        TOPIC = "invitation_list.body_added"
        body: CompetentBody
        purpose: Sealed[str]

        @property
        def body_id(self) -> str:
            return self.body.body_id

    class BodyRemoved(Event):
        """The reason stands here, or in the invitation where that was withdrawn."""

        TOPIC = "invitation_list.body_removed"
        body_id: str
        reason: Sealed[str] | None = None

    class Checked(Event):
        TOPIC = "invitation_list.checked"
        findings: tuple[Finding, ...]
        ruleset: str

        def apply(self, aggregate: Any) -> None:
            """Not moving its time: a look at the list happens to nobody, and what was before it can still be entered."""

    class Released(Event):
        TOPIC = "invitation_list.released"
        areas: tuple[AreaCoverage, ...]
        accepted_gaps: tuple[Acceptance, ...]
        ruleset: str
        evidence: Sealed[str] | None = None
        recorded_late: bool = False

    class Postponed(Event):
        TOPIC = "invitation_list.postponed"

    class Cancelled(Event):
        TOPIC = "invitation_list.cancelled"

    class Frozen(Event):
        TOPIC = "invitation_list.frozen"
        areas: tuple[AreaCoverage, ...]
        accepted_gaps: tuple[Acceptance, ...]
        ruleset: str
        recorded_late: bool = False

    @staticmethod
    def create_id(conference_id: str, **_: Any) -> str:
        return f"list:{conference_id}"

    @event(Derived)
    def __init__(
        self,
        *,
        authority_id: str,
        conference_id: str,
        kind: Kind,
        areas: tuple[str, ...],
        starts_at: datetime,
        ends_at: datetime | None,
        place: str | None,
        bodies: tuple[CompetentBody, ...],
    ) -> None:
        self.conference_id = conference_id
        self.kind = kind
        self.areas = areas
        self._place(starts_at, ends_at, place)
        self.competent = bodies
        self.bodies = {body.body_id: body for body in bodies}
        self.added: dict[str, CompetentBody] = {}
        self.removed: frozenset[str] = frozenset()
        self.findings: tuple[Finding, ...] = ()
        self.accepted_gaps: tuple[Acceptance, ...] = ()
        self.recorded_late = False
        self.state: State = "DERIVED"

    def _place(self, starts_at: datetime, ends_at: datetime | None, place: str | None) -> None:
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.place = place

    def trigger_event(self, event_class: Any, **kwargs: Any) -> None:
        super().trigger_event(event_class, conference_id=self.conference_id, **kwargs)

    @property
    def meeting(self) -> Meeting:
        """The conference as its letters describe it."""
        return Meeting(
            kind=self.kind,
            areas=self.areas,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            place=self.place,
        )

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_frozen(self) -> bool:
        return self.state == "FROZEN"

    def renew(
        self,
        areas: tuple[str, ...],
        starts_at: datetime,
        bodies: Iterable[CompetentBody],
        *,
        convened: bool,
        ends_at: datetime | None = None,
        place: str | None = None,
    ) -> None:
        """Follow a new placement of the conference. Other bodies, or a conference that is no longer
        convened, ask for a new check and release; manual additions and removals stay.
        """
        if self.state not in AHEAD:
            return
        competent = to_invite(self.kind, bodies, NRW_2024_1)
        same = (areas, set(competent)) == (self.areas, set(self.competent))
        fallen_back = self.state == "RELEASED" and not convened
        state = self.state if same and self.is_open and not fallen_back else "DERIVED"
        now, before = (starts_at, ends_at, place), (self.starts_at, self.ends_at, self.place)
        if not same or (now, state) != (before, self.state):
            remaining = {
                body.body_id: body for body in competent if body.body_id not in self.removed
            }
            added = {id_: body for id_, body in self.added.items() if id_ not in remaining}
            self._renewed(areas, *now, competent, tuple((remaining | added).values()), state)

    @event(Renewed)
    def _renewed(  # noqa: PLR0917 - a parameter for each field of the event
        self,
        areas: tuple[str, ...],
        starts_at: datetime,
        ends_at: datetime | None,
        place: str | None,
        competent: tuple[CompetentBody, ...],
        bodies: tuple[CompetentBody, ...],
        state: State,
    ) -> None:
        self.areas = areas
        self._place(starts_at, ends_at, place)
        self.competent = competent
        self.bodies = {body.body_id: body for body in bodies}
        self.state = state

    def add(self, body: CompetentBody, purpose: Sealed[str]) -> None:
        """R10: further bodies may be invited, with a purpose; one invitation a body (R14)."""
        self.ensure_open()
        if body.body_id in self.bodies:
            raise DuplicateBody(body_id=body.body_id)
        competent = (candidate for candidate in self.competent if candidate.body_id == body.body_id)
        entry = next(competent, body)
        ensure_not_direct(entry)
        self._added(entry, purpose)

    @event(BodyAdded)
    def _added(self, body: CompetentBody, purpose: Sealed[str]) -> None:
        self.bodies = self.bodies | {body.body_id: body}
        self.added = self.added | {body.body_id: body}
        self.removed -= {body.body_id}
        self.state = "DERIVED"

    def remove(self, body_id: str, reason: Sealed[str] | None = None) -> None:
        self.ensure_open()
        if body_id not in self.bodies:
            raise NotInvited("the body is not on this conference's list", body_id=body_id)
        self._removed(body_id, reason)

    @event(BodyRemoved)
    def _removed(self, body_id: str, reason: Sealed[str] | None) -> None:
        self.bodies = {id_: body for id_, body in self.bodies.items() if id_ != body_id}
        self.added = {id_: body for id_, body in self.added.items() if id_ != body_id}
        self.removed |= {body_id} & {body.body_id for body in self.competent}
        self.state = "DERIVED"

    def check(self, without_contact: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Record and return what is missing from the list as it stands, where it will not count, and whom nobody
        could reach.
        """
        self.ensure_open()
        areas = self._coverage(self.bodies)
        findings = gaps(areas) + not_counting(self.conference_id, areas) + without_contact
        if self.state == "DERIVED" or findings != self.findings:
            self._checked(findings, NRW_2024_1.name)
        return findings

    @event(Checked)
    def _checked(self, findings: tuple[Finding, ...], ruleset: str) -> None:
        self.findings = findings
        if self.state == "DERIVED":
            self.state = "CHECKED"

    def release(
        self,
        accepted: tuple[Acceptance, ...],
        now: datetime,
        evidence: Sealed[str] | None = None,
    ) -> tuple[Finding, ...]:
        """Release the list with the gaps that the convenor accepts (R8).

        Returns the gaps, and the areas for which the conference will not count (R3). `evidence` proves a release that
        is entered afterwards.
        """
        self.ensure_open()
        areas = self._coverage(self.bodies)
        missing = gaps(areas)
        findings = missing + not_counting(self.conference_id, areas)
        if self.state == "RELEASED":
            return findings
        if self.state != "CHECKED":
            raise NotChecked(state=self.state, needed=["CHECKED"])
        if not self.bodies:
            raise NobodyInvited
        for body in self.bodies.values():
            ensure_not_direct(body)
        not_accepted = [gap for gap in missing if not any(a.covers(gap) for a in accepted)]
        if not_accepted:
            raise GapNotAccepted(gaps=[gap.model_dump(exclude_none=True) for gap in not_accepted])
        needed = tuple(a for a in accepted if any(a.covers(gap) for gap in missing))
        recorded_late = evidence is not None and now >= self.starts_at
        self._released(areas, needed, NRW_2024_1.name, evidence, recorded_late=recorded_late)
        return findings

    @event(Released)
    def _released(
        self,
        areas: tuple[AreaCoverage, ...],
        accepted_gaps: tuple[Acceptance, ...],
        ruleset: str,
        evidence: Sealed[str] | None,
        *,
        recorded_late: bool,
    ) -> None:
        self.accepted_gaps = accepted_gaps
        self.recorded_late = recorded_late
        self.state = "RELEASED"

    def postpone(self) -> None:
        if self.is_open:
            self._postponed()

    @event(Postponed)
    def _postponed(self) -> None:
        self.state = "POSTPONED"

    def cancel(self) -> None:
        if self.state in AHEAD:
            self._cancelled()

    @event(Cancelled)
    def _cancelled(self) -> None:
        self.state = "CANCELLED"

    def freeze(self, invited: Collection[str], undelivered: Collection[str] = ()) -> None:
        """Freeze the coverage at the start of the conference, by what was sent before it and not withdrawn.

        What could not be delivered earns no credit (R14), unless somebody has carried it since.
        """
        if self.state in AHEAD:
            self._frozen(
                self._coverage(invited, undelivered),
                self.accepted_gaps,
                NRW_2024_1.name,
                recorded_late=self.recorded_late,
            )

    @event(Frozen)
    def _frozen(
        self,
        areas: tuple[AreaCoverage, ...],
        accepted_gaps: tuple[Acceptance, ...],
        ruleset: str,
        *,
        recorded_late: bool,
    ) -> None:
        self.state = "FROZEN"

    def takes_answers(self, at: datetime) -> bool:
        """R16: answers are taken until the start."""
        return not self.is_frozen and at < self.starts_at

    def ensure_open(self) -> None:
        if self.is_frozen:
            raise ListFrozen
        self._ensure_state(*OPEN)

    def ensure_frozen(self) -> None:
        self._ensure_state("FROZEN")

    def _ensure_state(self, *needed: State) -> None:
        ensure_state(self.state, *needed)

    def _coverage(
        self, invited: Collection[str], undelivered: Collection[str] = ()
    ) -> tuple[AreaCoverage, ...]:
        arrived = set(invited).difference(undelivered)
        reached = [body for body_id, body in self.bodies.items() if body_id in arrived]
        return coverage(
            conference_id=self.conference_id,
            kind=self.kind,
            areas=self.areas,
            competent=self.competent,
            invited=reached,
            undelivered=undelivered,
            rules=NRW_2024_1,
        )
