"""A conference as scheduler and invitations describe it: its date and deadline, who is invited and who came.

Either service may be heard first; what only one of them knows is empty until then.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from siko_contracts.values import AcceptedGap, AreaCoverage, Moment
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import WrongState

from siko_agenda.domain.refusals import (
    AfterDeadline,
    NeedToKnowNotInvited,
    NotInvited,
    RecordedAbsent,
)
from siko_agenda.domain.ruleset import Ruleset
from siko_agenda.domain.youth_offices import Invitee, areas_without_youth_office


class KnownConference(Aggregate):
    TOPIC = "agenda_known_conference"

    class Noted(Created):
        TOPIC = "agenda_known_conference.noted"
        conference_id: str

    class Dated(Aggregate.Event):
        TOPIC = "agenda_known_conference.dated"
        areas: tuple[str, ...]
        starts_at: Moment
        deadline: Moment
        ruleset: str

    class Postponed(Aggregate.Event):
        TOPIC = "agenda_known_conference.postponed"

    class InvitationsReleased(Aggregate.Event):
        TOPIC = "agenda_known_conference.invitations_released"
        coverage: tuple[AreaCoverage, ...]
        accepted_gaps: tuple[AcceptedGap, ...]

    class BodyInvited(Aggregate.Event):
        TOPIC = "agenda_known_conference.body_invited"
        body_id: str
        category: str
        areas: tuple[str, ...]

    class InvitationWithdrawn(Aggregate.Event):
        TOPIC = "agenda_known_conference.invitation_withdrawn"
        body_id: str

    class AttendanceNoted(Aggregate.Event):
        TOPIC = "agenda_known_conference.attendance_noted"
        body_id: str
        attended: bool

    @staticmethod
    def create_id(conference_id: str, **_: Any) -> str:
        return f"known:{conference_id}"

    @event(Noted)
    def __init__(self, conference_id: str, authority_id: str, id: str | None = None) -> None:  # noqa: A002
        self.authority_id = authority_id
        self.conference_id = conference_id
        self.areas: tuple[str, ...] = ()
        self.starts_at: datetime | None = None
        self.deadline: datetime | None = None
        self.coverage: tuple[AreaCoverage, ...] = ()
        self.accepted_gaps: tuple[AcceptedGap, ...] = ()
        self.invited: dict[str, Invitee] = {}
        self.attendance: dict[str, bool] = {}

    def date(self, areas: tuple[str, ...], starts_at: datetime, ruleset: Ruleset) -> None:
        """A first or a new date: the deadline moves along (R20)."""
        if (areas, starts_at) != (self.areas, self.starts_at):
            self._dated(areas, starts_at, ruleset.deadline(starts_at), ruleset.name)

    @event(Dated)
    def _dated(
        self, areas: tuple[str, ...], starts_at: datetime, deadline: datetime, ruleset: str
    ) -> None:
        self.areas = areas
        self.starts_at = starts_at
        self.deadline = deadline

    def postpone(self) -> None:
        """Without a date there is no deadline."""
        if self.starts_at is not None:
            self._postponed()

    @event(Postponed)
    def _postponed(self) -> None:
        self.starts_at = None
        self.deadline = None

    def release_invitations(
        self, coverage: tuple[AreaCoverage, ...], accepted_gaps: tuple[AcceptedGap, ...]
    ) -> None:
        is_noted = (self.coverage, self.accepted_gaps) == (coverage, accepted_gaps)
        if not is_noted or not self.invited.keys() >= _credited(coverage).keys():
            self._invitations_released(coverage, accepted_gaps)

    @event(InvitationsReleased)
    def _invitations_released(
        self, coverage: tuple[AreaCoverage, ...], accepted_gaps: tuple[AcceptedGap, ...]
    ) -> None:
        self.coverage = coverage
        self.accepted_gaps = accepted_gaps
        self.invited = _credited(coverage) | self.invited

    def invite(self, body_id: str, category: str, areas: tuple[str, ...]) -> None:
        if body_id not in self.invited:
            self._body_invited(body_id, category, areas)

    @event(BodyInvited)
    def _body_invited(self, body_id: str, category: str, areas: tuple[str, ...]) -> None:
        self.invited[body_id] = Invitee(body_id=body_id, category=category, areas=areas)

    def withdraw_invitation(self, body_id: str) -> None:
        if body_id in self.invited:
            self._invitation_withdrawn(body_id)

    @event(InvitationWithdrawn)
    def _invitation_withdrawn(self, body_id: str) -> None:
        del self.invited[body_id]

    def note_attendance(self, body_id: str, attended: bool) -> None:
        if attended is not self.attendance.get(body_id):
            self._attendance_noted(body_id, attended)

    @event(AttendanceNoted)
    def _attendance_noted(self, body_id: str, attended: bool) -> None:
        self.attendance[body_id] = attended

    def strangers(self, body_ids: Iterable[str]) -> list[str]:
        """The bodies among them that are not invited; the inviting authority always is."""
        participants = {*self.invited, self.authority_id}
        return [body_id for body_id in body_ids if body_id not in participants]

    def ensure_invited(self, body_ids: Iterable[str], field: str) -> None:
        if strangers := self.strangers(body_ids):
            raise NotInvited(field=field, bodies=strangers)

    def ensure_not_absent(self, body_ids: Iterable[str], field: str) -> None:
        """R27: whoever was recorded absent is not present."""
        if absent := [body_id for body_id in body_ids if self.attendance.get(body_id) is False]:
            raise RecordedAbsent(field=field, bodies=absent)

    def ensure_may_know(self, body_ids: Iterable[str]) -> None:
        """R22: need-to-know lies within the invited bodies."""
        if strangers := self.strangers(body_ids):
            raise NeedToKnowNotInvited(field="need_to_know", bodies=strangers)

    def ensure_before_deadline(self, submitted_at: datetime) -> None:
        """R20: the deadline itself is in time."""
        if self.deadline is not None and submitted_at > self.deadline:
            raise AfterDeadline(deadline=self.deadline.isoformat())

    def ensure_dated(self) -> None:
        if self.starts_at is None:
            raise WrongState(state="POSTPONED", needed=["SCHEDULED", "CONVENED"])

    def at_the_table(self, bodies_present: Collection[str]) -> set[str]:
        """The bodies that can consent in the session (R27): named in the discussion, attending, or the host.

        Whoever was recorded absent cannot.
        """
        absent = {body_id for body_id, attended in self.attendance.items() if not attended}
        return {*bodies_present, *self.attendance, self.authority_id} - absent

    def areas_without_youth_office(self) -> list[str | None]:
        """R13; a motorway conference has one list without an area, and no office is missing from it."""
        return areas_without_youth_office(
            self.areas or (None,), self.coverage, self.accepted_gaps, self.invited
        )


def _credited(coverage: Iterable[AreaCoverage]) -> dict[str, Invitee]:
    return {
        body.body_id: Invitee(body_id=body.body_id, category=body.category)
        for entry in coverage
        for body in entry.credited
    }
