"""Which bodies are competent for a conference, asked of the areas as of its date: nobody else resolves it."""

from collections.abc import Iterable
from datetime import date

from siko_contracts.values import CompetentBody, Finding, Kind
from siko_core.calendar import berlin_day, day_begins

from siko_scheduler.application.obligations import Obligations, Scope
from siko_scheduler.domain import days
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.competence import competent_on, ensure_one_kind
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.placement import Placement
from siko_scheduler.domain.refusals import NoSections
from siko_scheduler.domain.ruleset import rules_for


class Competence(Obligations):
    """Competence in a conference's placement."""

    def placed(self, placement: Placement, authority: Authority, conference_id: str) -> Placement:
        """As it can be announced: R5, R32 and R33 hold; sections, bodies and what speaks against it filled in."""
        ensure_one_kind(placement.kind, placement.areas, placement.sections)
        placement.ensure_ahead(self.effective_at)
        if placement.kind == "siko_ap":
            duty = authority.ensure_motorway_duty(placement.day)
            sections = placement.sections or duty.sections
            if not sections:
                raise NoSections(field="sections", authority_id=authority.id)
            placement = placement.model_copy(update={"sections": sections})
        scopes = self.competent_scopes(placement.kind, placement.areas, authority, placement.day)
        findings = self._findings(placement, authority, conference_id)
        bodies = _bodies_on(placement.day, scopes)
        return placement.model_copy(update={"findings": findings, "competent_bodies": bodies})

    def competent_scopes(
        self, kind: Kind, areas: Iterable[str], authority: Authority, day: date
    ) -> list[Scope]:
        """R5, R32: refused unless the authority is competent for each of them on that day."""
        if kind == "siko_ap":
            authority.ensure_motorway_duty(day)
            return [authority]
        found = [self.get(Area, Area.create_id(area), "areas") for area in areas]
        for area in found:
            area.ensure_competent(authority.id, day)
        return list(found)

    def _findings(
        self, placement: Placement, authority: Authority, conference_id: str
    ) -> tuple[Finding, ...]:
        rules = rules_for(placement.day.year, self.adopted)
        decided_on = berlin_day(self.effective_at)
        others = self._dated_on(placement.day, authority) - {conference_id}
        overlapping = (
            Finding(code="ConferenceOverlaps", rule="calendar", conference_id=other)
            for other in sorted(others)
            if self.get(Conference, other).placement.overlaps(placement)
        )
        speaks_against = days.against(placement.day, decided_on, authority.district, rules)
        return (*speaks_against, *overlapping)

    def _dated_on(self, day: date, authority: Authority) -> set[str]:
        """The authority's conferences of that day: its obligations know them."""
        areas = (self.get(Area, area_id) for area_id in self.ids_of(Area))
        scopes: list[Scope] = [area for area in areas if area.is_competent(authority.id, day)]
        known = (self.known_obligation(scope, day.year) for scope in [authority, *scopes])
        return {
            conference.conference_id
            for obligation in known
            if obligation
            for conference in obligation.conferences.values()
            if conference.placed and berlin_day(conference.placed.starts_at) == day
        }

    def conferences_anew(self, scopes: Iterable[Scope], since: date) -> list[Conference]:
        """After the register changed: conferences before their session on which others are competent now.

        What is noted of the register comes after the conference's last event, whenever it began to hold.
        """
        concerned = {scope.id for scope in scopes}
        changed: list[Conference] = []
        for conference_id in self.ids_of(Conference):
            conference = self.get(Conference, conference_id)
            if not conference.is_dated:
                continue
            own = self.scopes_of(conference)
            if concerned.isdisjoint(scope.id for scope in own):
                continue
            bodies = _bodies_on(conference.placement.day, own)
            noted_at = min(self.now, max(conference.effective_at, day_begins(since)))
            with self.happening(noted_at):
                conference.change_competent_bodies(bodies)
            if conference.pending_events:
                changed.append(conference)
        return changed


def _bodies_on(day: date, scopes: Iterable[Scope]) -> tuple[CompetentBody, ...]:
    notes = {scope.area if isinstance(scope, Area) else None: scope.notes for scope in scopes}
    return competent_on(day, notes)
