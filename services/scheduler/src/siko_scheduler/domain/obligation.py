"""An obligation collects the facts of one kind, scope and year, and records each change of its verdict."""

from datetime import date, datetime
from typing import Literal

from siko_contracts.values import Debtor, Finding, Kind, Moment
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone, WrongState
from siko_core.sealed import Sealed

from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.judging import (
    ConferenceFacts,
    Coverage,
    Facts,
    Held,
    Owed,
    Placed,
    Verdict,
    VerdictName,
    debtor_on,
    is_sealed,
    judge,
)
from siko_scheduler.domain.period import year_ends
from siko_scheduler.domain.refusals import YearSealed
from siko_scheduler.domain.ruleset import Rules


class Obligation(Aggregate):
    """What one area, or one motorway authority (`area` null), owes in one year (R1, R2, R6)."""

    TOPIC = "obligation"

    class Opened(Created):
        TOPIC = "obligation.opened"
        kind: Kind
        area: str | None
        year: int
        owed: tuple[Owed, ...]
        timeline: str

    class DebtorsNoted(Aggregate.Event):
        TOPIC = "obligation.debtors_noted"
        owed: tuple[Owed, ...]
        timeline: str

    class ConferencePlaced(Aggregate.Event):
        TOPIC = "obligation.conference_placed"
        conference_id: str
        starts_at: Moment
        evidence: str

    class ConferenceWithdrawn(Aggregate.Event):
        TOPIC = "obligation.conference_withdrawn"
        conference_id: str
        how: Literal["moved", "postponed", "cancelled"]
        evidence: str

    class ForecastNoted(Aggregate.Event):
        """The released list says whether the conference will count (R3); the frozen one decides."""

        TOPIC = "obligation.forecast_noted"
        conference_id: str
        will_count: bool
        evidence: str

    class ConferenceOpened(Aggregate.Event):
        TOPIC = "obligation.conference_opened"
        conference_id: str
        evidence: str

    class ConferenceHeld(Aggregate.Event):
        TOPIC = "obligation.conference_held"
        conference_id: str
        held: Held

    class CoverageNoted(Aggregate.Event):
        TOPIC = "obligation.coverage_noted"
        conference_id: str
        coverage: Coverage

    class NilReportRecorded(Aggregate.Event):
        TOPIC = "obligation.nil_report_recorded"
        kind: Kind
        area: str | None
        year: int
        reason: Sealed[str]

    class Judged(Aggregate.Event):
        TOPIC = "obligation.judged"
        kind: Kind
        area: str | None
        year: int
        verdict: VerdictName
        debtors: tuple[Debtor, ...]
        gaps: tuple[Finding, ...]
        evidence: tuple[str, ...]
        recorded_late: bool
        last_held_on: date | None
        ruleset: str

    @staticmethod
    def create_id(kind: str, authority_id: str, area: str | None, year: int, **_: object) -> str:
        return f"obligation:{kind}:{area or authority_id}:{year}"

    @event(Opened)
    def __init__(
        self,
        *,
        authority_id: str,
        kind: Kind,
        area: str | None,
        year: int,
        owed: tuple[Owed, ...],
        timeline: str,
    ) -> None:
        self.kind = kind
        self.area = area
        self.year = year
        self.owed = owed
        self.timeline = timeline
        self.conferences: dict[str, ConferenceFacts] = {}
        self.verdict: Verdict | None = None
        self.nil_reported = False

    @property
    def facts(self) -> Facts:
        return Facts(
            kind=self.kind,
            area=self.area,
            year=self.year,
            owed=self.owed,
            timeline=self.timeline,
            conferences=tuple(self.conferences.values()),
        )

    def waits_on(self, day: date) -> bool:
        """Whether the date of one of its conferences has passed and nobody has recorded that it was held."""
        return any(conference.has_passed(day) for conference in self.conferences.values())

    def ensure_not_sealed(self, days: Days | None, rules: Rules) -> None:
        if self.verdict is not None and is_sealed(self.year, days, rules):
            raise YearSealed(year=self.year, obligation=self.id)

    def note_debtors(self, owed: tuple[Owed, ...], timeline: str) -> None:
        if owed != self.owed:
            self._debtors_noted(owed, timeline)

    @event(DebtorsNoted)
    def _debtors_noted(self, owed: tuple[Owed, ...], timeline: str) -> None:
        self.owed = owed
        self.timeline = timeline

    def note_placed(self, conference_id: str, starts_at: datetime, evidence: str) -> None:
        self._conference_placed(conference_id, starts_at, evidence)

    @event(ConferencePlaced)
    def _conference_placed(self, conference_id: str, starts_at: datetime, evidence: str) -> None:
        self._note(conference_id, placed=Placed(starts_at=starts_at, evidence=evidence))

    def note_withdrawn(
        self, conference_id: str, how: Literal["moved", "postponed", "cancelled"], evidence: str
    ) -> None:
        self._conference_withdrawn(conference_id, how, evidence)

    @event(ConferenceWithdrawn)
    def _conference_withdrawn(self, conference_id: str, how: str, evidence: str) -> None:
        withdrawn = (*self._facts_of(conference_id).withdrawn, evidence)
        self._note(conference_id, placed=None, withdrawn=withdrawn, will_count=True)

    def note_forecast(self, conference_id: str, evidence: str, *, will_count: bool) -> None:
        """Note what the released list forecasts; the same forecast again changes nothing."""
        if self._facts_of(conference_id).will_count != will_count:
            self._forecast_noted(conference_id, evidence, will_count=will_count)

    @event(ForecastNoted)
    def _forecast_noted(self, conference_id: str, evidence: str, *, will_count: bool) -> None:
        self._note(conference_id, will_count=will_count)

    def note_opened(self, conference_id: str, evidence: str) -> None:
        self._conference_opened(conference_id, evidence)

    @event(ConferenceOpened)
    def _conference_opened(self, conference_id: str, evidence: str) -> None:
        self._note(conference_id, opened=evidence)

    def note_held(self, conference_id: str, held: Held) -> None:
        self._conference_held(conference_id, held)

    @event(ConferenceHeld)
    def _conference_held(self, conference_id: str, held: Held) -> None:
        self._note(conference_id, held=held)

    def note_correction(self, conference_id: str, on: date, corrected_by: str) -> None:
        """Correct the day on which it was held; the day on which that was first recorded stays."""
        held = self._facts_of(conference_id).held
        if held is not None and held.on != on:
            correction = {"on": on, "corrected_by": corrected_by}
            self._conference_held(conference_id, held.model_copy(update=correction))

    def note_coverage(self, conference_id: str, coverage: Coverage) -> None:
        """Note what invitations judged when the list froze; the same fact again changes nothing."""
        if self._facts_of(conference_id).coverage != coverage:
            self._coverage_noted(conference_id, coverage)

    @event(CoverageNoted)
    def _coverage_noted(self, conference_id: str, coverage: Coverage) -> None:
        self._note(conference_id, coverage=coverage)

    def report_nil(self, reason: Sealed[str]) -> None:
        """R7: a missed year needs its reason; the report annotates, and the year stays missed."""
        state = self.verdict.verdict if self.verdict else "OPEN"
        if state != "MISSED":
            raise WrongState(field="year", state=state, needed=["MISSED"])
        if self.nil_reported:
            raise AlreadyDone("The year has its nil report", field="year")
        self._nil_report_recorded(self.kind, self.area, self.year, reason)

    @event(NilReportRecorded)
    def _nil_report_recorded(
        self, kind: Kind, area: str | None, year: int, reason: Sealed[str]
    ) -> None:
        self.nil_reported = True

    def judge(self, days: Days | None, rules: Rules) -> None:
        """Record the verdict if it differs from the last one; any change is legal."""
        verdict = judge(self.facts, days, rules)
        if verdict == self.verdict:
            return
        last_day = min(days.last, year_ends(self.year)) if days else year_ends(self.year)
        self._judged(
            authority_id=debtor_on(self.owed, last_day) or self.authority_id,
            kind=self.kind,
            area=self.area,
            year=self.year,
            **dict(verdict),
        )

    @event(Judged)
    def _judged(
        self,
        *,
        authority_id: str,
        kind: Kind,
        area: str | None,
        year: int,
        verdict: VerdictName,
        debtors: tuple[Debtor, ...],
        gaps: tuple[Finding, ...],
        evidence: tuple[str, ...],
        recorded_late: bool,
        last_held_on: date | None,
        ruleset: str,
    ) -> None:
        self.verdict = Verdict(
            verdict=verdict,
            debtors=debtors,
            gaps=gaps,
            evidence=evidence,
            recorded_late=recorded_late,
            last_held_on=last_held_on,
            ruleset=ruleset,
        )

    def _facts_of(self, conference_id: str) -> ConferenceFacts:
        facts = self.conferences.get(conference_id)
        return facts or ConferenceFacts(conference_id=conference_id)

    def _note(self, conference_id: str, **facts: object) -> None:
        self.conferences[conference_id] = self._facts_of(conference_id).model_copy(update=facts)
