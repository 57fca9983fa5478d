"""Finding, opening and judging obligations: what every command shares that changes their facts."""

from collections.abc import Iterable

from siko_contracts.values import Kind
from siko_core.eventsourced import EventSourcedApplication

from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.clock import Clock, Days
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.ruleset import Rules, Ruleset, rules_for

Scope = Area | Authority
"""What an obligation is owed for: an area (`siko`), or a motorway authority (`siko_ap`)."""


class Obligations(EventSourcedApplication):
    """Saved together with what changes them; no obligation is judged by anyone else."""

    @property
    def days(self) -> Days | None:
        """The days begun; None before the first one."""
        clock = self.find(Clock, Clock.ID)
        return clock.days if clock else None

    @property
    def adopted(self) -> list[Rules]:
        """The rulesets adopted so far; `rules_for` picks a year's."""
        return [self.get(Ruleset, each).rules for each in self.ids_of(Ruleset)]

    def scope_of(self, kind: Kind, area: str | None, authority_id: str) -> Scope:
        if kind == "siko_ap" or area is None:
            return self.get(Authority, authority_id, "authority_id")
        return self.get(Area, Area.create_id(area), "areas")

    def scopes_of(self, conference: Conference) -> list[Scope]:
        where = conference.placement
        areas: Iterable[str | None] = where.areas or (None,)
        return [self.scope_of(where.kind, area, conference.authority_id) for area in areas]

    def obligation(self, scope: Scope, year: int) -> Obligation | None:
        """The scope's obligation of that year, opened where a fact of the year is the first one.

        None before the ruleset's `obligations_from`, and where nobody owes anything in that year.
        """
        known = self.known_obligation(scope, year)
        if known or year < rules_for(year, self.adopted).obligations_from.year:
            return known
        owed = scope.owed_in(year)
        if not owed:
            return None
        return Obligation(
            authority_id=owed[0].authority_id,
            kind="siko" if isinstance(scope, Area) else "siko_ap",
            area=scope.area if isinstance(scope, Area) else None,
            year=year,
            owed=owed,
            timeline=scope.event_id,
        )

    def known_obligation(self, scope: Scope, year: int) -> Obligation | None:
        return self.find(Obligation, _obligation_id(scope, year))

    def obligations_of(self, conference: Conference, year: int) -> list[Obligation]:
        """Those that a fact of the conference concerns; refused where one of them is sealed."""
        obligations = self.concerned_by(conference, year)
        for obligation in obligations:
            self.ensure_not_sealed(obligation)
        return obligations

    def concerned_by(self, conference: Conference, year: int) -> list[Obligation]:
        """The same, sealed or not: a correction goes into sealed years too."""
        found = [self.obligation(scope, year) for scope in self.scopes_of(conference)]
        return [obligation for obligation in found if obligation is not None]

    def ensure_year_open(self, conference: Conference) -> None:
        for scope in self.scopes_of(conference):
            known = self.known_obligation(scope, conference.year)
            if known:
                self.ensure_not_sealed(known)

    def ensure_not_sealed(self, obligation: Obligation) -> None:
        obligation.ensure_not_sealed(self.days, rules_for(obligation.year, self.adopted))

    def owed_anew(self, *scopes: Scope) -> list[Obligation]:
        """After the register changed: debtors noted, obligations opened that the clock would have opened."""
        concerned: list[Obligation] = []
        for scope in scopes:
            for year in self._years_of(scope):
                obligation = self.obligation(scope, year)
                if obligation is None:
                    continue
                owed = scope.owed_in(year)
                if owed != obligation.owed:
                    self.ensure_not_sealed(obligation)
                    obligation.note_debtors(owed, scope.event_id)
                concerned.append(obligation)
        return self.judged(concerned)

    def judged(self, obligations: Iterable[Obligation]) -> list[Obligation]:
        """The same obligations, judged after the last day begun."""
        judged, days, adopted = list(obligations), self.days, self.adopted
        for obligation in judged:
            obligation.judge(days, rules_for(obligation.year, adopted))
        return judged

    def _years_of(self, scope: Scope) -> list[int]:
        """Years with an obligation of that scope, and those that the days begun have opened for all."""
        prefix = _obligation_id(scope, 0).removesuffix("0")
        ids = (each for each in self.ids_of(Obligation) if each.startswith(prefix))
        tails = (each.removeprefix(prefix) for each in ids)
        years = {int(tail) for tail in tails if tail.isdigit()}
        if self.days:
            years |= set(range(self.days.first.year - 1, self.days.last.year + 1))
        return sorted(years)


def _obligation_id(scope: Scope, year: int) -> str:
    if isinstance(scope, Area):
        return Obligation.create_id("siko", scope.authority_id, scope.area, year)
    return Obligation.create_id("siko_ap", scope.id, None, year)
