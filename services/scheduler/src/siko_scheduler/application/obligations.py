"""Obligations are found, opened and judged here, for every command that changes their facts.

They are saved together with what changes them; nothing else judges an obligation.
"""

from collections.abc import Iterable

from siko_contracts.values import Kind

from siko_scheduler.application import Scheduler
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.conference import Conference
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.ruleset import rules_for

Scope = Area | Authority
"""What an obligation is owed for: an area (`siko`), or a motorway authority (`siko_ap`)."""


def scopes_of(scheduler: Scheduler, conference: Conference) -> list[Scope]:
    """The areas of the conference, or the motorway authority that convenes it."""
    where = conference.placement
    areas: Iterable[str | None] = where.areas or (None,)
    return [_scope_of(scheduler, where.kind, area, conference.authority_id) for area in areas]


def _scope_of(scheduler: Scheduler, kind: Kind, area: str | None, authority_id: str) -> Scope:
    if kind == "siko_ap" or area is None:
        return scheduler.get(Authority, authority_id, "authority_id")
    return scheduler.get(Area, Area.create_id(area), "areas")


def find_obligation(scheduler: Scheduler, scope: Scope, year: int) -> Obligation | None:
    return scheduler.find(Obligation, _obligation_id(scope, year))


def find_or_open(scheduler: Scheduler, scope: Scope, year: int) -> Obligation | None:
    """Returns the scope's obligation of that year, opened if this is the first fact of the year.

    None for years before the ruleset's `obligations_from`, and if nobody owes anything in that year.
    """
    obligation = find_obligation(scheduler, scope, year)
    if obligation or year < rules_for(year, scheduler.adopted).obligations_from.year:
        return obligation
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


def obligations_of(scheduler: Scheduler, conference: Conference, year: int) -> list[Obligation]:
    """The obligations that a fact of the conference concerns, sealed ones included."""
    scopes = scopes_of(scheduler, conference)
    obligations = [find_or_open(scheduler, scope, year) for scope in scopes]
    return [obligation for obligation in obligations if obligation is not None]


def unsealed_obligations_of(
    scheduler: Scheduler, conference: Conference, year: int
) -> list[Obligation]:
    """The obligations that a fact of the conference concerns. Raises YearSealed if one of them is sealed."""
    obligations = obligations_of(scheduler, conference, year)
    for obligation in obligations:
        ensure_not_sealed(scheduler, obligation)
    return obligations


def ensure_not_sealed(scheduler: Scheduler, obligation: Obligation) -> None:
    rules = rules_for(obligation.year, scheduler.adopted)
    obligation.ensure_not_sealed(scheduler.days, rules)


def with_new_debtors(scheduler: Scheduler, *scopes: Scope) -> list[Obligation]:
    """Note the debtors after the register changed, and judge every obligation of these scopes.

    Opens the obligations that the clock would have opened. Raises YearSealed if the debtors of a sealed year change.
    """
    concerned: list[Obligation] = []
    for scope in scopes:
        for year in _years_of(scheduler, scope):
            obligation = find_or_open(scheduler, scope, year)
            if obligation is None:
                continue
            owed = scope.owed_in(year)
            if owed != obligation.owed:
                ensure_not_sealed(scheduler, obligation)
                obligation.note_debtors(owed, scope.event_id)
            concerned.append(obligation)
    return judge_all(scheduler, concerned)


def judge_all(scheduler: Scheduler, obligations: Iterable[Obligation]) -> list[Obligation]:
    """Judge the obligations after the last day begun, and return them."""
    concerned, days, adopted = list(obligations), scheduler.days, scheduler.adopted
    for obligation in concerned:
        obligation.judge(days, rules_for(obligation.year, adopted))
    return concerned


def _years_of(scheduler: Scheduler, scope: Scope) -> list[int]:
    """Years with an obligation of that scope, and years for which the clock has opened all obligations."""
    prefix = _obligation_id(scope, 0).removesuffix("0")
    ids = scheduler.ids_of(Obligation)
    endings = (id_.removeprefix(prefix) for id_ in ids if id_.startswith(prefix))
    years = {int(ending) for ending in endings if ending.isdigit()}
    days = scheduler.days
    if days:
        years |= set(range(days.first.year - 1, days.last.year + 1))
    return sorted(years)


def _obligation_id(scope: Scope, year: int) -> str:
    if isinstance(scope, Area):
        return Obligation.create_id("siko", scope.authority_id, scope.area, year)
    return Obligation.create_id("siko_ap", scope.id, None, year)
