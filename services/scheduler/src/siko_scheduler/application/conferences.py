"""Commands on conferences; the obligations that they concern are judged in the same save."""

from typing import Literal

from siko_contracts.commands.scheduler import (
    CancelConference,
    OpenConference,
    PostponeConference,
    RecordHeld,
    RescheduleConference,
    ScheduleConference,
)
from siko_core.eventsourced import Saved
from siko_core.refusals import WrongState
from siko_core.sealed import Sealed

from siko_scheduler.application.competence import Competence
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.calendar import berlin_day
from siko_scheduler.domain.conference import Conference, Placement
from siko_scheduler.domain.judging import Held
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.ruleset import rules_for


class ConferenceCommands(Competence):
    """From the first date to the session."""

    def schedule_conference(self, command: ScheduleConference) -> Saved:
        if command.conference_id is not None:
            planned = self.get(Conference, command.conference_id, "conference_id")
            raise WrongState(state=planned.state, needed=["PLANNED"])
        conference_id = str(command.id)
        self.ensure_free(conference_id)
        authority = self.get(Authority, command.authority_id, "authority_id")
        rules = rules_for(berlin_day(command.starts_at).year, self.adopted)
        placement = Placement(
            kind=command.kind,
            areas=tuple(dict.fromkeys(command.areas)),
            sections=tuple(dict.fromkeys(command.sections)),
            starts_at=command.starts_at,
            ends_at=command.ends_at or command.starts_at + rules.conference_length,
            place=command.place,
        )
        conference = Conference(
            id=conference_id,
            authority_id=authority.id,
            placement=self.placed(placement, authority),
            override_reason=self.seal(conference_id, "override_reason", command.override_reason),
        )
        return self.save(conference, *self._placed_in_its_year(conference))

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
            self.placed(moved, authority),
            self.seal(conference.id, "reason", command.reason),
            self.seal(conference.id, "override_reason", command.override_reason),
        )
        left: list[Obligation] = []
        if dated_in is not None and dated_in != conference.year:
            left = self._withdrawn(conference, "moved", dated_in)
        return self.save(conference, *left, *self._placed_in_its_year(conference))

    def postpone_conference(self, command: PostponeConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.postpone(self._sealed_reason(command))
        return self.save(conference, *self._withdrawn(conference, "postponed", conference.year))

    def cancel_conference(self, command: CancelConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.cancel(self._sealed_reason(command))
        return self.save(conference, *self._withdrawn(conference, "cancelled", conference.year))

    def open_conference(self, command: OpenConference) -> Saved:
        conference = self.get(Conference, command.conference_id, "conference_id")
        conference.open(self.effective_at)
        self.ensure_year_open(conference)
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

    def _placed_in_its_year(self, conference: Conference) -> list[Obligation]:
        obligations = self.obligations_of(conference, conference.year)
        starts_at = conference.placement.starts_at
        for obligation in obligations:
            obligation.note_placed(conference.id, starts_at, conference.event_id)
        return self.judged(obligations)

    def _withdrawn(
        self, conference: Conference, how: Literal["moved", "postponed", "cancelled"], year: int
    ) -> list[Obligation]:
        obligations = self.obligations_of(conference, year)
        for obligation in obligations:
            obligation.note_withdrawn(conference.id, how, conference.event_id)
        return self.judged(obligations)

    def _sealed_reason(self, command: PostponeConference | CancelConference) -> Sealed[str]:
        return self.keyring.seal(command.conference_id, "reason", command.reason)
