"""Commands on conferences; the obligations that they concern are judged in the same save."""

from typing import Literal

from siko_contracts.commands.scheduler import (
    CancelConference,
    CloseConference,
    CorrectConference,
    OpenConference,
    PostponeConference,
    RecordHeld,
    RescheduleConference,
    ScheduleConference,
)
from siko_core.calendar import berlin_day
from siko_core.eventsourced import Saved, ensure_reason
from siko_core.refusals import InvalidCommand, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.application.competence import Competence
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.days import needing_reason
from siko_scheduler.domain.judging import Held
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.placement import Placement
from siko_scheduler.domain.refusals import MixedKinds
from siko_scheduler.domain.ruleset import rules_for


class ConferenceCommands(Competence):
    """From the first date to the session."""

    def schedule_conference(self, command: ScheduleConference) -> Saved:
        planned = self._planned(command)
        conference_id = planned.id if planned else self.id_for(command)
        authority = self.get(Authority, command.authority_id, "authority_id")
        wished = self._wished(command, planned)
        placement = self.placed(wished, authority, conference_id)
        reason = self.seal(conference_id, "override_reason", command.override_reason)
        if planned:
            planned.date(placement, reason)
        conference = planned or Conference(
            id=conference_id,
            authority_id=authority.id,
            placement=placement,
            override_reason=reason,
        )
        return self._save_placed(conference, command.override_reason)

    def reschedule_conference(self, command: RescheduleConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.ensure_movable()
        before = conference.placement
        length = before.ends_at - before.starts_at
        moved = before.model_copy(
            update={
                "starts_at": command.starts_at,
                "ends_at": command.ends_at or command.starts_at + length,
                "place": command.place or before.place,
            }
        )
        dated_in = conference.year if conference.is_dated else None
        authority = self.get(Authority, conference.authority_id)
        conference.reschedule(
            self.placed(moved, authority, conference.id),
            self.seal(conference.id, "reason", command.reason),
            self.seal(conference.id, "override_reason", command.override_reason),
        )
        left: list[Obligation] = []
        if dated_in is not None and dated_in != conference.year:
            left = self._withdrawn(conference, "moved", dated_in)
        return self._save_placed(conference, command.override_reason, *left)

    def postpone_conference(self, command: PostponeConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.postpone(self._sealed_reason(command))
        return self.save(conference, *self._withdrawn(conference, "postponed", conference.year))

    def cancel_conference(self, command: CancelConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.cancel(self._sealed_reason(command))
        if not conference.had_a_date:
            return self.save(conference)
        return self.save(conference, *self._withdrawn(conference, "cancelled", conference.year))

    def open_conference(self, command: OpenConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.open(self.effective_at)
        self.ensure_year_open(conference)
        self._ensure_still_competent(conference)
        return self.save(conference)

    def record_held(self, command: RecordHeld) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.hold(command.started_at, command.ended_at, self.now)
        held = Held(
            on=berlin_day(command.started_at),
            evidence=conference.event_id,
            recorded_on=berlin_day(self.now),
        )
        obligations = self.obligations_of(conference, conference.year)
        for obligation in obligations:
            obligation.note_held(conference.id, held)
        return self.save(conference, *self.judged(obligations))

    def close_conference(self, command: CloseConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.close()
        return self.save(conference)

    def correct_conference(self, command: CorrectConference) -> Saved:
        """Into a sealed year too; what was known before stays readable as of then."""
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.correct(
            self.keyring.seal(conference.id, "error", command.error),
            self.now,
            started_at=command.started_at,
            ended_at=command.ended_at,
            place=command.place,
        )
        obligations = self.concerned_by(conference, conference.year)
        if conference.session:
            on = berlin_day(conference.session.started_at)
            for obligation in obligations:
                obligation.note_correction(conference.id, on, conference.event_id)
        return self.save(conference, *self.judged(obligations))

    def _planned(self, command: ScheduleConference) -> Conference | None:
        """The planned conference that the command dates; None where it makes a new one."""
        if command.conference_id is None:
            return None
        planned = self.get(Conference, command.conference_id, "conference_id")
        if planned.plan is None or planned.state != "PLANNED":
            raise WrongState(state=planned.state, needed=["PLANNED"])
        if planned.authority_id != command.authority_id:
            raise InvalidCommand(authority_id=f"it was planned by {planned.authority_id}")
        if planned.plan.kind != command.kind:
            raise MixedKinds(field="kind", planned=planned.plan.kind)
        return planned

    def _wished(self, command: ScheduleConference, planned: Conference | None) -> Placement:
        """What the command says, else what was planned, else as last time."""
        like = self._like(command)
        length = like.ends_at - like.starts_at if like else None
        if length is None:
            rules = rules_for(berlin_day(command.starts_at).year, self.adopted)
            length = rules.conference_length
        place = command.place or (like.place if like else None)
        if place is None:
            raise InvalidCommand(
                place="is needed, unless `like` names a conference to take it from"
            )
        areas, sections = command.areas, command.sections
        for before in (planned.plan if planned else None, like):
            if before and not areas and not sections:
                areas, sections = before.areas, before.sections
        return Placement(
            kind=command.kind,
            areas=tuple(dict.fromkeys(areas)),
            sections=tuple(dict.fromkeys(sections)),
            starts_at=command.starts_at,
            ends_at=command.ends_at or command.starts_at + length,
            place=place,
        )

    def _like(self, command: ScheduleConference) -> Placement | None:
        if command.like is None:
            return None
        like = self.get(Conference, command.like, "like")
        if not like.had_a_date:
            raise WrongState(field="like", state=like.state, needed=["SCHEDULED"])
        if like.placement.kind != command.kind:
            raise MixedKinds(field="like", like=like.placement.kind)
        return like.placement

    def _ensure_still_competent(self, conference: Conference) -> None:
        """R5, R32 hold on the conference date, whatever the register said when it was scheduled."""
        where = conference.placement
        authority = self.get(Authority, conference.authority_id)
        self.competent_scopes(where.kind, where.areas, authority, where.day)

    def _save_placed(self, conference: Conference, reason: str | None, *left: Obligation) -> Saved:
        """With the obligations of its year, and those that it left. Rules that refuse come before those that ask."""
        obligations = self.obligations_of(conference, conference.year)
        where = conference.placement
        ensure_reason(needing_reason(where.findings), reason)
        for obligation in obligations:
            obligation.note_placed(conference.id, where.starts_at, conference.event_id)
        return self.save(conference, *left, *self.judged(obligations), findings=where.findings)

    def _withdrawn(
        self, conference: Conference, how: Literal["moved", "postponed", "cancelled"], year: int
    ) -> list[Obligation]:
        obligations = self.obligations_of(conference, year)
        for obligation in obligations:
            obligation.note_withdrawn(conference.id, how, conference.event_id)
        return self.judged(obligations)

    def _sealed_reason(self, command: PostponeConference | CancelConference) -> Sealed[str]:
        return self.keyring.seal(command.conference_id, "reason", command.reason)
