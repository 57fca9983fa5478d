"""Commands on conferences from the first date to the session; obligations are judged in the same save."""

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
from siko_contracts.values import in_utc
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import Saved, ensure_reason
from siko_core.refusals import InvalidCommand, ReasonRequired, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.application import Scheduler
from siko_scheduler.application.competence import competent_scopes, resolve
from siko_scheduler.application.obligations import (
    judge_all,
    obligations_of,
    unsealed_obligations_of,
)
from siko_scheduler.application.planning import absorbed_by
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.days import needing_reason, offsets
from siko_scheduler.domain.judging import Held
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.placement import Placement
from siko_scheduler.domain.refusals import MixedKinds
from siko_scheduler.domain.ruleset import rules_for


def schedule_conference(scheduler: Scheduler, command: ScheduleConference) -> Saved:
    planned = _planned(scheduler, command)
    conference_id = planned.id if planned else scheduler.id_for(command)
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    wished = _wished(scheduler, command, planned)
    placement = _as_written(command, resolve(scheduler, wished, authority, conference_id))
    reason = scheduler.seal(conference_id, "override_reason", command.override_reason)
    if planned:
        planned.date(placement, reason)
    conference = planned or Conference(
        id=conference_id,
        authority_id=authority.id,
        placement=placement,
        override_reason=reason,
    )
    absorbed = absorbed_by(scheduler, conference)
    return _save_placed(scheduler, conference, command.override_reason, *absorbed)


def reschedule_conference(scheduler: Scheduler, command: RescheduleConference) -> Saved:
    """A convened conference is moved with a reason, for the bodies are invited already."""
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.ensure_movable()
    before = conference.placement
    length = before.ends_at - before.starts_at
    placement = before.model_copy(
        update={
            "starts_at": in_utc(command.starts_at),
            "ends_at": in_utc(command.ends_at or command.starts_at + length),
            "place": command.place or before.place,
        }
    )
    lacks_reason = conference.state == "CONVENED" and command.reason is None
    dated_in = conference.year if conference.is_dated else None
    authority = scheduler.get(Authority, conference.authority_id)
    conference.reschedule(
        _as_written(command, resolve(scheduler, placement, authority, conference.id)),
        scheduler.seal(conference.id, "reason", command.reason),
        scheduler.seal(conference.id, "override_reason", command.override_reason),
    )
    former_obligations: list[Obligation] = []
    if dated_in is not None and dated_in != conference.year:
        former_obligations = _withdrawn_from(scheduler, conference, "moved", dated_in)
    return _save_placed(
        scheduler,
        conference,
        command.override_reason,
        *former_obligations,
        lacks_reason=lacks_reason,
    )


def postpone_conference(scheduler: Scheduler, command: PostponeConference) -> Saved:
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.postpone(_sealed_reason(scheduler, command))
    obligations = _withdrawn_from(scheduler, conference, "postponed", conference.year)
    return scheduler.save(conference, *obligations)


def cancel_conference(scheduler: Scheduler, command: CancelConference) -> Saved:
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.cancel(_sealed_reason(scheduler, command))
    if not conference.had_a_date:
        return scheduler.save(conference)
    obligations = _withdrawn_from(scheduler, conference, "cancelled", conference.year)
    return scheduler.save(conference, *obligations)


def open_conference(scheduler: Scheduler, command: OpenConference) -> Saved:
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.open(scheduler.effective_at)
    obligations = unsealed_obligations_of(scheduler, conference, conference.year)
    _ensure_still_competent(scheduler, conference)
    for obligation in obligations:
        obligation.note_opened(conference.id, conference.event_id)
    return scheduler.save(conference, *judge_all(scheduler, obligations))


def record_held(scheduler: Scheduler, command: RecordHeld) -> Saved:
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.hold(command.started_at, command.ended_at, scheduler.now)
    held = Held(
        on=berlin_day(command.started_at),
        evidence=conference.event_id,
        recorded_on=berlin_day(scheduler.now),
    )
    obligations = unsealed_obligations_of(scheduler, conference, conference.year)
    for obligation in obligations:
        obligation.note_held(conference.id, held)
    return scheduler.save(conference, *judge_all(scheduler, obligations))


def close_conference(scheduler: Scheduler, command: CloseConference) -> Saved:
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.close()
    return scheduler.save(conference)


def correct_conference(scheduler: Scheduler, command: CorrectConference) -> Saved:
    """Into a sealed year too; what was known before stays readable as of then."""
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.correct(
        scheduler.keyring.seal(conference.id, "error", command.error),
        scheduler.now,
        started_at=command.started_at,
        ended_at=command.ended_at,
        place=command.place,
    )
    obligations = obligations_of(scheduler, conference, conference.year)
    if conference.session:
        held_on = berlin_day(conference.session.started_at)
        for obligation in obligations:
            obligation.note_correction(conference.id, held_on, conference.event_id)
    return scheduler.save(conference, *judge_all(scheduler, obligations))


def _as_written(
    command: ScheduleConference | RescheduleConference, placement: Placement
) -> Placement:
    """The placement, with a finding if its times are written with an offset that Berlin does not have then."""
    findings = (*placement.findings, *offsets(command.starts_at, command.ends_at))
    return placement.model_copy(update={"findings": findings})


def _planned(scheduler: Scheduler, command: ScheduleConference) -> Conference | None:
    """The planned conference that the command dates; None if it makes a new one."""
    if command.conference_id is None:
        return None
    conference = scheduler.get(Conference, command.conference_id, "conference_id")
    conference.ensure_planned()
    if conference.authority_id != command.authority_id:
        raise InvalidCommand(authority_id=f"it was planned by {conference.authority_id}")
    if conference.plan and conference.plan.kind != command.kind:
        raise MixedKinds(field="kind", planned=conference.plan.kind)
    return conference


def _wished(
    scheduler: Scheduler, command: ScheduleConference, planned: Conference | None
) -> Placement:
    """What the command says, else what was planned, else what the conference in `like` had."""
    like = _placement_like(scheduler, command)
    length = like.ends_at - like.starts_at if like else None
    if length is None:
        rules = rules_for(berlin_day(command.starts_at).year, scheduler.adopted)
        length = rules.conference_length
    place = command.place or (like.place if like else None)
    if place is None:
        raise InvalidCommand(place="is needed, unless `like` names a conference to take it from")
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


def _placement_like(scheduler: Scheduler, command: ScheduleConference) -> Placement | None:
    if command.like is None:
        return None
    like = scheduler.get(Conference, command.like, "like")
    if not like.had_a_date:
        raise WrongState(field="like", state=like.state, needed=["SCHEDULED"])
    if like.placement.kind != command.kind:
        raise MixedKinds(field="like", like=like.placement.kind)
    return like.placement


def _ensure_still_competent(scheduler: Scheduler, conference: Conference) -> None:
    """R5, R32 hold on the conference date, whatever the register said when it was scheduled."""
    where = conference.placement
    authority = scheduler.get(Authority, conference.authority_id)
    competent_scopes(scheduler, where.kind, where.areas, authority, where.day)


def _save_placed(
    scheduler: Scheduler,
    conference: Conference,
    reason: str | None,
    *also_changed: Conference | Obligation,
    lacks_reason: bool = False,
) -> Saved:
    """Save the conference with the obligations of its year, and with those of a year that it left or plans that it absorbed.

    Refusals come before ReasonRequired: nobody is asked for a reason in vain.
    """
    obligations = unsealed_obligations_of(scheduler, conference, conference.year)
    where = conference.placement
    if lacks_reason:
        raise ReasonRequired("The bodies are invited already: give a reason.", field="reason")
    ensure_reason(needing_reason(where.findings), reason)
    for obligation in obligations:
        obligation.note_placed(conference.id, where.starts_at, conference.event_id)
    return scheduler.save(
        conference, *also_changed, *judge_all(scheduler, obligations), findings=where.findings
    )


def _withdrawn_from(
    scheduler: Scheduler,
    conference: Conference,
    how: Literal["moved", "postponed", "cancelled"],
    year: int,
) -> list[Obligation]:
    """Note in the obligations of that year that the conference does not take place in it, and judge them."""
    obligations = unsealed_obligations_of(scheduler, conference, year)
    for obligation in obligations:
        obligation.note_withdrawn(conference.id, how, conference.event_id)
    return judge_all(scheduler, obligations)


def _sealed_reason(
    scheduler: Scheduler, command: PostponeConference | CancelConference
) -> Sealed[str]:
    return scheduler.keyring.seal(command.conference_id, "reason", command.reason)
