"""Judging an obligation from its facts: one pure function (R1-R6)."""

from datetime import date
from typing import Literal

from siko_contracts.values import Debtor, Finding, Kind, Moment, Value
from siko_core.calendar import berlin_day

from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.period import Period, year_begins, year_ends
from siko_scheduler.domain.ruleset import Rules

VerdictName = Literal["FULFILLED", "FULFILLED_WITH_GAPS", "MISSED", "COVERED", "AT_RISK", "OPEN"]
"""In order of precedence."""


class Owed(Period):
    """Who owes in which part of the year, and the event that says so (R6)."""

    authority_id: str
    valid_to: date
    evidence: str


class Placed(Value):
    """The conference has a date."""

    starts_at: Moment
    evidence: str


class Held(Value):
    """The conference was held; `recorded_on` is the day on which that was recorded."""

    on: date
    evidence: str
    recorded_on: date
    corrected_by: str | None = None
    """Event id of the last correction of what was recorded."""


class Coverage(Value):
    """What the frozen list says for the obligation's scope: does the conference count, what is missing."""

    counts: bool
    gaps: tuple[Finding, ...] = ()
    evidence: str
    recorded_on: date
    recorded_late: bool = False
    """The release of the list was entered after the start."""


class ConferenceFacts(Value):
    """What is known of one conference of the year."""

    conference_id: str
    placed: Placed | None = None
    withdrawn: tuple[str, ...] = ()
    """Event ids of its cancellation, postponements and moves to another year."""
    opened: str | None = None
    """Event id of its opening."""
    held: Held | None = None
    coverage: Coverage | None = None
    will_count: bool = True
    """What the released list forecasts (R3); only the frozen one decides."""

    @property
    def counts(self) -> bool:
        """R3, R4: it was held, and its list says that it counts here."""
        return self.held is not None and self.coverage is not None and self.coverage.counts

    def was_held_by(self, day: date) -> bool:
        """True also if it was not held at all."""
        return self.held is None or self.held.on <= day

    def is_awaited(self, day: date | None) -> bool:
        """Whether it has a date and may still come to count: the date has not passed, or its frozen list is not known."""
        if self.placed is None or self.has_passed(day):
            return False
        return self.held is None or self.coverage is None

    def has_passed(self, day: date | None) -> bool:
        """Whether a later day has begun than the one of its date, and nobody has recorded that it was held (R4)."""
        return (
            self.placed is not None
            and self.held is None
            and day is not None
            and berlin_day(self.placed.starts_at) < day
        )

    def findings(self, kind: Kind, area: str | None, day: date | None) -> tuple[Finding, ...]:
        """What speaks against it as long as it was not held: it waits to be entered (R4), or will not count (R3)."""
        if self.placed is None or self.held is not None:
            return ()
        codes: list[tuple[str, str]] = []
        if self.has_passed(day):
            codes.append(("HeldNotRecorded" if self.opened else "NotOpened", "R4"))
        if not self.will_count:
            codes.append(("WillNotCount", "R34" if kind == "siko_ap" else "R3"))
        return tuple(
            Finding(code=code, rule=rule, area=area, conference_id=self.conference_id)
            for code, rule in codes
        )

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """What was missing at the session, with the conference's id; empty before it was held."""
        if self.held is None or self.coverage is None:
            return ()
        update = {"conference_id": self.conference_id}
        return tuple(gap.model_copy(update=update) for gap in self.coverage.gaps)

    @property
    def evidence(self) -> tuple[str, ...]:
        facts = (self.placed, self.coverage, self.held)
        corrected = self.held.corrected_by if self.held else None
        return tuple(fact.evidence for fact in facts if fact) + ((corrected,) if corrected else ())

    @property
    def place_in_year(self) -> tuple[float, str]:
        """Orders the conferences of a year by date, whatever order their facts came in."""
        return (self.placed.starts_at.timestamp() if self.placed else 0.0, self.conference_id)


class Facts(Value):
    """All that one obligation is judged from."""

    kind: Kind = "siko"
    area: str | None = None
    year: int
    owed: tuple[Owed, ...]
    timeline: str
    """Event id of the debtors' timeline as it was last noted: the evidence where nobody owes."""
    conferences: tuple[ConferenceFacts, ...] = ()
    last_held_before: date | None = None
    """In the year before, where one was held that counts: an interval of months begins with it (R2)."""


class Verdict(Value):
    """The verdict, and the events that prove it, those of other services included."""

    verdict: VerdictName
    debtors: tuple[Debtor, ...]
    gaps: tuple[Finding, ...]
    evidence: tuple[str, ...]
    recorded_late: bool
    last_held_on: date | None
    ruleset: str


def judge(facts: Facts, days: Days | None, rules: Rules) -> Verdict:
    """The verdict after the last day begun (None: before the first one).

    FULFILLED > FULFILLED_WITH_GAPS > MISSED (the year, or the interval, is over) > COVERED (a date is set and has not
    passed) > AT_RISK (the threshold day has begun) > OPEN. The best single conference decides; the gaps of the others
    are listed, and the findings of those that were not held.
    Time counts only by threshold and turn of the year, so a verdict does not depend on how often it is judged.
    """
    conferences = sorted(facts.conferences, key=lambda conference: conference.place_in_year)
    counted = [conference for conference in conferences if conference.counts]
    due_on = _due_on(facts, rules)
    last_day = days.last if days else None
    in_time = [conference for conference in counted if conference.was_held_by(due_on)]
    best = min(in_time, key=lambda conference: len(conference.gaps), default=None)
    other_conferences = [conference for conference in conferences if conference is not best]
    best_first = [best, *other_conferences] if best else other_conferences
    name, evidence = _verdict(facts, conferences, best, days, rules)
    return Verdict(
        verdict=name,
        debtors=tuple(
            Debtor(authority_id=owed.authority_id, from_=owed.valid_from, to=owed.valid_to)
            for owed in facts.owed
        ),
        gaps=tuple(
            gap
            for conference in best_first
            for gap in conference.gaps + conference.findings(facts.kind, facts.area, last_day)
        ),
        evidence=tuple(dict.fromkeys(evidence)),
        recorded_late=best is not None and _recorded_late(best, facts.year),
        last_held_on=max((facts.held.on for facts in counted if facts.held), default=None),
        ruleset=rules.name,
    )


def _verdict(
    facts: Facts,
    conferences: list[ConferenceFacts],
    best: ConferenceFacts | None,
    days: Days | None,
    rules: Rules,
) -> tuple[VerdictName, tuple[str, ...]]:
    if best is not None:
        return ("FULFILLED_WITH_GAPS" if best.gaps else "FULFILLED"), best.evidence
    owed = tuple(owed.evidence for owed in facts.owed) or (facts.timeline,)
    attempts = tuple(
        event_id
        for conference in conferences
        for event_id in conference.withdrawn + conference.evidence
    )
    grounds = owed + attempts
    year_ended = days.ended_by(facts.year) if days else None
    last_day = days.last if days else None
    if facts.owed and days and days.last > _due_on(facts, rules):
        return "MISSED", (*grounds, *((year_ended,) if year_ended else ()))
    dates = [
        conference.placed.evidence
        for conference in conferences
        if conference.placed and conference.is_awaited(last_day)
    ]
    if dates:
        return "COVERED", (dates[0],)
    at_risk = days is not None and days.last >= date(facts.year, *rules.at_risk_from)
    return ("AT_RISK" if at_risk and facts.owed else "OPEN"), grounds


def _due_on(facts: Facts, rules: Rules) -> date:
    """R2, R35: the last day of the year; by months, twelve after the conference of the year before if that is sooner.

    Twelve months after 29 February is 28 February.
    """
    before = facts.last_held_before
    if rules.intervals[facts.kind] == "calendar_year" or before is None:
        return year_ends(facts.year)
    leap_day = (before.month, before.day) == (2, 29)
    return date(before.year + 1, before.month, 28 if leap_day else before.day)


def _recorded_late(best: ConferenceFacts, year: int) -> bool:
    """Whether a fact that decides was recorded only after the year had ended, or the release after the start."""
    if best.coverage is not None and best.coverage.recorded_late:
        return True
    return any(fact.recorded_on > year_ends(year) for fact in (best.held, best.coverage) if fact)


def debtor_on(owed: tuple[Owed, ...], day: date) -> str | None:
    """The authority that owes on that day, or the last one before it, or the first after it."""
    before = [part for part in owed if part.valid_from <= day]
    debtor = before[-1] if before else next(iter(owed), None)
    return debtor.authority_id if debtor else None


def is_sealed(year: int, days: Days | None, rules: Rules) -> bool:
    """Whether 31 March of the next year has passed; False for years before that of the first day begun."""
    return (
        days is not None
        and year >= days.first.year
        and days.last > date(year + 1, *rules.sealed_after)
    )


def clipped(period: Period, year: int) -> tuple[date, date] | None:
    """First and last day of the period in that year; None if it has no day in it."""
    if not period.overlaps(year_begins(year), year_ends(year)):
        return None
    last = year_ends(year) if period.valid_to is None else min(period.valid_to, year_ends(year))
    return max(period.valid_from, year_begins(year)), last
