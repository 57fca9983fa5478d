"""Commands on conferences without a date: planned one by one, or a year at once for all that an authority owes.

A plan fulfils nothing (R4); it says what is still to be scheduled.
"""

from datetime import date
from uuid import UUID, uuid5

from siko_contracts.commands.scheduler import PlanConference, PlanYear
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import Saved
from siko_core.eventsourced.ids import derived_id
from siko_core.refusals import AlreadyDone

from siko_scheduler.application import Scheduler
from siko_scheduler.application.competence import competent_scopes
from siko_scheduler.application.obligations import Scope, find_obligation, scopes_of
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.competence import ensure_one_kind
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.placement import Plan
from siko_scheduler.domain.refusals import DateInPast

NAMESPACE = UUID("2f6d3f0e-6b53-5f0c-9c6c-7d1f0b6f6a51")
"""Of the ids that a year's plan gave when commands could bring such ids too."""


def plan_conference(scheduler: Scheduler, command: PlanConference) -> Saved:
    """R5, R32, R33 are judged for the first day of the month, or for today."""
    conference_id = scheduler.id_for(command)
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    ensure_one_kind(command.kind, command.areas, command.sections)
    today = berlin_day(scheduler.effective_at)
    first = date.fromisoformat(f"{command.month}-01") if command.month else today
    if (first.year, first.month) < (today.year, today.month):
        raise DateInPast(field="month", decided_at=scheduler.effective_at.isoformat())
    competent_scopes(scheduler, command.kind, command.areas, authority, max(first, today))
    plan = Plan(
        kind=command.kind,
        areas=tuple(dict.fromkeys(command.areas)),
        sections=tuple(dict.fromkeys(command.sections)),
        year=first.year if command.month else None,
        month=command.month,
    )
    return scheduler.save(Conference.planned(conference_id, authority.id, plan))


def plan_year(scheduler: Scheduler, command: PlanYear) -> Saved:
    """One for each area that the authority owes in that year, and one for its motorways; joint ones are dated."""
    authority = scheduler.get(Authority, command.authority_id, "authority_id")
    if command.year < berlin_day(scheduler.effective_at).year:
        raise DateInPast(field="year", decided_at=scheduler.effective_at.isoformat())
    scopes: list[Scope] = [scheduler.get(Area, area_id) for area_id in scheduler.ids_of(Area)]
    owing = [
        scope
        for scope in (*scopes, authority)
        if any(owed.authority_id == authority.id for owed in scope.owed_in(command.year))
    ]
    plans = (_planned_for(scheduler, scope, authority.id, command.year) for scope in owing)
    planned = [conference for conference in plans if conference is not None]
    if not planned:
        raise AlreadyDone("Nothing is left to plan in that year", field="year")
    return scheduler.save(*planned)


def absorbed_by(scheduler: Scheduler, conference: Conference) -> list[Conference]:
    """What `plan_year` planned for the areas and the year of the dated conference, absorbed by it.

    Decided: only a year's plan, of which an area has one; what was planned by itself is dated by its own id.
    """
    absorbed: list[Conference] = []
    for scope in scopes_of(scheduler, conference):
        for planned_id in _plan_ids(scope, conference.authority_id, conference.year):
            planned = scheduler.find(Conference, planned_id)
            if planned and planned.stands_for(conference):
                planned.absorb(conference.id)
                absorbed.append(planned)
    return absorbed


def _plan_ids(scope: Scope, authority_id: str, year: int) -> tuple[str, str]:
    """The id of the scope's conference in a year's plan, and the one that earlier versions gave it."""
    names = (authority_id, scope.id, str(year))
    return derived_id("plan", *names), str(uuid5(NAMESPACE, " ".join(names)))


def _planned_for(
    scheduler: Scheduler, scope: Scope, authority_id: str, year: int
) -> Conference | None:
    """None if the scope has a conference in that year already, or was planned before."""
    conference_id, earlier_id = _plan_ids(scope, authority_id, year)
    obligation = find_obligation(scheduler, scope, year)
    has_one = obligation and any(
        conference.placed or conference.held for conference in obligation.conferences.values()
    )
    earlier_plans = (scheduler.find(Conference, id_) for id_ in (conference_id, earlier_id))
    if has_one or any(before and before.authority_id == authority_id for before in earlier_plans):
        return None
    if isinstance(scope, Area):
        plan = Plan(kind="siko", areas=(scope.area,), year=year)
    else:
        plan = Plan(kind="siko_ap", year=year)
    return Conference.planned(conference_id, authority_id, plan)
