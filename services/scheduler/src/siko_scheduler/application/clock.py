"""Days begin, obligations are opened and judged by them; the ruleset is adopted at start.

Time comes in here and nowhere else, and it comes as data.
"""

from datetime import date

from siko_contracts.commands.scheduler import AdvanceClock
from siko_core.calendar import ONE_DAY, berlin_day, day_begins
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InTheFuture, InvalidCommand

from siko_scheduler.application import Scheduler
from siko_scheduler.application.obligations import Scope, find_or_open, judge_all
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.clock import Clock
from siko_scheduler.domain.days import ensure_known
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.period import year_begins
from siko_scheduler.domain.ruleset import RULESETS, Rules, Ruleset, rules_for


def adopt_ruleset(scheduler: Scheduler, ruleset: str) -> Saved | None:
    """At start. The same ruleset is adopted once; years that were over by then keep theirs."""
    if scheduler.find(Ruleset, Ruleset.create_id(ruleset)):
        return None
    rules = RULESETS.get(ruleset)
    if rules is None:
        raise InvalidCommand(ruleset=f"known are: {', '.join(sorted(RULESETS))}")
    if set(rules.intervals.values()) != {"calendar_year"}:
        raise InvalidCommand(ruleset=f"{ruleset} is for what_if: it judges by months")
    days = scheduler.days
    current_year = days.last.year if days else rules.applies_from.year
    applies_from = max(rules.applies_from, year_begins(current_year))
    return scheduler.save(Ruleset(ruleset=rules.name, applies_from=applies_from))


def advance_clock(scheduler: Scheduler, command: AdvanceClock) -> Saved:
    """Every day passed begins. Obligations are judged at thresholds and turns of the year, and when a date has passed."""
    today = berlin_day(command.as_of)
    if command.as_of > scheduler.now:
        raise InTheFuture(field="as_of", now=scheduler.now.isoformat())
    ensure_known(today, "as_of")
    clock = scheduler.find(Clock, Clock.ID)
    if clock is None:
        return _begin_first_day(scheduler, today)
    clock.ensure_begins_next(today)
    adopted = scheduler.adopted
    while clock.days.last < today:
        with scheduler.happening(day_begins(clock.days.last + ONE_DAY)):
            day = clock.begin_next_day()
            if years := _years_judged_on(day, adopted):
                scheduler.save(clock, *_judged_in(scheduler, years))
            elif waiting := _waiting_on(scheduler, day):
                scheduler.save(clock, *judge_all(scheduler, waiting))
    return scheduler.save(clock)


def _begin_first_day(scheduler: Scheduler, day: date) -> Saved:
    """What was noted before the first day is judged now too, whatever its year."""
    with scheduler.happening(day_begins(day)):
        clock = Clock(date=day)
        scheduler.save(clock)
        ids = scheduler.ids_of(Obligation)
        all_obligations = [scheduler.get(Obligation, obligation_id) for obligation_id in ids]
        years = {day.year - 1, day.year}
        other_obligations = [
            obligation for obligation in all_obligations if obligation.year not in years
        ]
        obligations = judge_all(scheduler, other_obligations) + _judged_in(scheduler, sorted(years))
        return scheduler.save(clock, *obligations)


def _judged_in(scheduler: Scheduler, years: list[int]) -> list[Obligation]:
    """Judge all obligations of these years; those that somebody owes and nothing has opened yet are opened."""
    areas: list[Scope] = [scheduler.get(Area, area_id) for area_id in scheduler.ids_of(Area)]
    ids = scheduler.ids_of(Authority)
    authorities = [scheduler.get(Authority, authority_id) for authority_id in ids]
    scopes = areas + [authority for authority in authorities if authority.duties]
    obligations = [find_or_open(scheduler, scope, year) for year in years for scope in scopes]
    return judge_all(scheduler, (owed for owed in obligations if owed is not None))


def _waiting_on(scheduler: Scheduler, day: date) -> list[Obligation]:
    """The obligations of that day's year, and of the one before, with a conference whose date passed unrecorded."""
    years = {str(day.year - 1), str(day.year)}
    ids = scheduler.ids_of(Obligation)
    recent = [id_ for id_ in ids if id_.rpartition(":")[2] in years]
    obligations = (scheduler.get(Obligation, id_) for id_ in recent)
    return [obligation for obligation in obligations if obligation.waits_on(day)]


def _years_judged_on(day: date, adopted: list[Rules]) -> list[int]:
    """On 1 January the year that ended and the one that begins; on the threshold day the current one."""
    if (day.month, day.day) == (1, 1):
        return [day.year - 1, day.year]
    if (day.month, day.day) == rules_for(day.year, adopted).at_risk_from:
        return [day.year]
    return []
