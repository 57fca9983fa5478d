"""Days begin, obligations are opened and judged by them; the ruleset is adopted at start."""

from datetime import date

from siko_contracts.commands.scheduler import AdvanceClock
from siko_core.calendar import ONE_DAY, berlin_day, day_begins
from siko_core.eventsourced import Saved
from siko_core.refusals import InTheFuture, InvalidCommand

from siko_scheduler.application.obligations import Obligations, Scope
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.authority import Authority
from siko_scheduler.domain.clock import Clock
from siko_scheduler.domain.days import ensure_known
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.period import year_begins
from siko_scheduler.domain.ruleset import RULESETS, Rules, Ruleset, rules_for


class ClockCommands(Obligations):
    """The only place where time comes in; it comes as data."""

    def adopt_ruleset(self, ruleset: str) -> Saved | None:
        """At start. The same ruleset is adopted once; years that were over by then keep theirs."""
        if self.find(Ruleset, Ruleset.create_id(ruleset)):
            return None
        rules = RULESETS.get(ruleset)
        if rules is None:
            raise InvalidCommand(ruleset=f"known are: {', '.join(sorted(RULESETS))}")
        if set(rules.intervals.values()) != {"calendar_year"}:
            raise InvalidCommand(ruleset=f"{ruleset} is for what_if: it judges by months")
        begun = self.days.last.year if self.days else rules.applies_from.year
        applies_from = max(rules.applies_from, year_begins(begun))
        return self.save(Ruleset(ruleset=rules.name, applies_from=applies_from))

    def advance_clock(self, command: AdvanceClock) -> Saved:
        """Every day passed begins; obligations are judged at its thresholds and turns of the year only."""
        today = berlin_day(command.as_of)
        if command.as_of > self.now:
            raise InTheFuture(field="as_of", now=self.now.isoformat())
        ensure_known(today, "as_of")
        clock = self.find(Clock, Clock.ID)
        if clock is None:
            return self._begin_first_day(today)
        clock.ensure_begins_next(today)
        adopted = self.adopted
        while clock.days.last < today:
            with self.happening(day_begins(clock.days.last + ONE_DAY)):
                day = clock.begin_next_day()
                if years := _years_judged_on(day, adopted):
                    self.save(clock, *self._judged_in(years))
        return self.save(clock)

    def _begin_first_day(self, day: date) -> Saved:
        """What was noted before the first day is judged now too, whatever its year."""
        with self.happening(day_begins(day)):
            clock = Clock(date=day)
            self.save(clock)
            known = [self.get(Obligation, each) for each in self.ids_of(Obligation)]
            years = {day.year - 1, day.year}
            others = [obligation for obligation in known if obligation.year not in years]
            return self.save(clock, *self.judged(others), *self._judged_in(sorted(years)))

    def _judged_in(self, years: list[int]) -> list[Obligation]:
        """All obligations of these years, opened where somebody owes one and nothing has opened it yet."""
        areas: list[Scope] = [self.get(Area, each) for each in self.ids_of(Area)]
        authorities = [self.get(Authority, each) for each in self.ids_of(Authority)]
        scopes = areas + [authority for authority in authorities if authority.duties]
        found = [self.obligation(scope, year) for year in years for scope in scopes]
        return self.judged(obligation for obligation in found if obligation is not None)


def _years_judged_on(day: date, adopted: list[Rules]) -> list[int]:
    """On 1 January the year that ended and the one that begins; on the threshold day the current one."""
    if (day.month, day.day) == (1, 1):
        return [day.year - 1, day.year]
    if (day.month, day.day) == rules_for(day.year, adopted).at_risk_from:
        return [day.year]
    return []
