"""Competence: the areas say, as of a conference's date, which bodies are competent for it; nothing else resolves it."""

from collections.abc import Iterable
from datetime import date

from siko_contracts.values import CompetentBody, Finding, Kind
from siko_core.calendar import berlin_day, day_begins

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import Scope, find_obligation, scopes_of
from siko_scheduler.domain import days
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.competence import competent_on, ensure_one_kind
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.placement import Placement
from siko_scheduler.domain.refusals import NoSections
from siko_scheduler.domain.ruleset import rules_for


def resolve(
    scheduler: Scheduler, placement: Placement, authority: Authority, conference_id: str
) -> Placement:
    """Fill in the sections, the competent bodies and the findings, so that the placement can be announced.

    Raises a refusal if it breaks R5, R32 or R33, or if its date is not possible.
    """
    ensure_one_kind(placement.kind, placement.areas, placement.sections)
    placement.ensure_ahead(scheduler.effective_at)
    if placement.kind == "siko_ap":
        duty = authority.ensure_motorway_duty(placement.day)
        sections = placement.sections or duty.sections
        if not sections:
            raise NoSections(field="sections", authority_id=authority.id)
        placement = placement.model_copy(update={"sections": sections})
    scopes = competent_scopes(scheduler, placement.kind, placement.areas, authority, placement.day)
    findings = _findings(scheduler, placement, authority, conference_id)
    bodies = _bodies_on(placement.day, scopes)
    return placement.model_copy(update={"findings": findings, "competent_bodies": bodies})


def competent_scopes(
    scheduler: Scheduler, kind: Kind, areas: Iterable[str], authority: Authority, day: date
) -> list[Scope]:
    """R5, R32: raises a refusal unless the authority is competent for each of them on that day."""
    if kind == "siko_ap":
        authority.ensure_motorway_duty(day)
        return [authority]
    scopes = [scheduler.get(Area, Area.create_id(area), "areas") for area in areas]
    for area in scopes:
        area.ensure_competent(authority.id, day)
    return list(scopes)


def with_new_bodies(scheduler: Scheduler, scopes: Iterable[Scope], since: date) -> list[Conference]:
    """Returns the conferences before their session for which other bodies are competent since the register changed.

    The change happened after the conference's last event, even if it began to hold before that.
    """
    concerned = {scope.id for scope in scopes}
    changed_conferences: list[Conference] = []
    for conference_id in scheduler.ids_of(Conference):
        conference = scheduler.get(Conference, conference_id)
        if not conference.is_dated:
            continue
        own = scopes_of(scheduler, conference)
        if concerned.isdisjoint(scope.id for scope in own):
            continue
        bodies = _bodies_on(conference.placement.day, own)
        noted_at = min(scheduler.now, max(conference.effective_at, day_begins(since)))
        with scheduler.happening(noted_at):
            conference.change_competent_bodies(bodies)
        if conference.pending_events:
            changed_conferences.append(conference)
    return changed_conferences


def _findings(
    scheduler: Scheduler, placement: Placement, authority: Authority, conference_id: str
) -> tuple[Finding, ...]:
    rules = rules_for(placement.day.year, scheduler.adopted)
    decided_on = berlin_day(scheduler.effective_at)
    other_ids = _dated_on(scheduler, placement.day, authority) - {conference_id}
    overlapping = (
        Finding(code="ConferenceOverlaps", rule="calendar", conference_id=other_id)
        for other_id in sorted(other_ids)
        if scheduler.get(Conference, other_id).placement.overlaps(placement)
    )
    speaks_against = days.against(placement.day, decided_on, authority.district, rules)
    return (*speaks_against, *overlapping)


def _dated_on(scheduler: Scheduler, day: date, authority: Authority) -> set[str]:
    """Ids of the authority's conferences on that day, as its obligations know them."""
    areas = (scheduler.get(Area, area_id) for area_id in scheduler.ids_of(Area))
    scopes: list[Scope] = [area for area in areas if area.is_competent(authority.id, day)]
    obligations = (find_obligation(scheduler, scope, day.year) for scope in [authority, *scopes])
    return {
        conference.conference_id
        for obligation in obligations
        if obligation
        for conference in obligation.conferences.values()
        if conference.placed and berlin_day(conference.placed.starts_at) == day
    }


def _bodies_on(day: date, scopes: Iterable[Scope]) -> tuple[CompetentBody, ...]:
    notes = {scope.area if isinstance(scope, Area) else None: scope.notes for scope in scopes}
    return competent_on(day, notes)
