"""Which bodies are competent for a conference, asked of the areas as of its date: nobody else resolves it."""

from collections.abc import Iterable
from datetime import date

from siko_scheduler.application.obligations import Obligations, Scope
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.calendar import day_begins
from siko_scheduler.domain.competence import competent_on, ensure_one_kind
from siko_scheduler.domain.conference import Conference, Placement
from siko_scheduler.domain.refusals import NoSections


class Competence(Obligations):
    """Competence in a conference's placement."""

    def placed(self, placement: Placement, authority: Authority) -> Placement:
        """The placement as it can be announced: R5, R32 and R33 hold, sections and bodies filled in."""
        ensure_one_kind(placement.kind, placement.areas, placement.sections)
        placement.ensure_ahead(self.effective_at)
        if placement.kind == "siko_ap":
            duty = authority.ensure_motorway_duty(placement.day)
            sections = placement.sections or duty.sections
            if not sections:
                raise NoSections(field="sections", authority_id=authority.id)
            placement = placement.model_copy(update={"sections": sections})
            return _with_bodies(placement, [authority])
        areas = [self.get(Area, Area.create_id(area), "areas") for area in placement.areas]
        for area in areas:
            area.ensure_competent(authority.id, placement.day)
        return _with_bodies(placement, areas)

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
            placement = _with_bodies(conference.placement, own)
            noted_at = min(self.now, max(conference.effective_at, day_begins(since)))
            with self.happening(noted_at):
                conference.change_competent_bodies(placement.competent_bodies)
            if conference.pending_events:
                changed.append(conference)
        return changed


def _with_bodies(placement: Placement, scopes: Iterable[Scope]) -> Placement:
    notes = {scope.area if isinstance(scope, Area) else None: scope.notes for scope in scopes}
    bodies = competent_on(placement.day, notes)
    return placement.model_copy(update={"competent_bodies": bodies})
