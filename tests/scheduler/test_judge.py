"""The verdict is a function of facts, the last day begun and the ruleset (R1-R6)."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siko_contracts.values import Finding
from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.judging import (
    ConferenceFacts,
    Coverage,
    Facts,
    Held,
    Owed,
    Placed,
    Verdict,
    judge,
)
from siko_scheduler.domain.ruleset import NRW_2024_1

YEAR = 2025
PRECEDENCE = ["FULFILLED", "FULFILLED_WITH_GAPS", "MISSED", "COVERED", "AT_RISK", "OPEN"]
ASSIGNED = "area:Köln@2"
KOELN = Owed(
    authority_id="pp-koeln",
    valid_from=date(YEAR, 1, 1),
    valid_to=date(YEAR, 12, 31),
    evidence=ASSIGNED,
)
GAP = Finding(code="BodyNotInvited", rule="R9", area="Köln", body_id="ag-koeln")


def conference(
    name: str = "c1",
    *,
    day: date | None = date(YEAR, 5, 5),
    held: bool = False,
    counts: bool | None = None,
    gaps: tuple[Finding, ...] = (),
    withdrawn: tuple[str, ...] = (),
    recorded_on: date | None = None,
) -> ConferenceFacts:
    """`day` None: no date is set; `counts` None: no frozen list is known."""
    on = day or date(YEAR, 5, 5)
    starts_at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    recorded = recorded_on or on
    return ConferenceFacts(
        conference_id=name,
        placed=Placed(starts_at=starts_at, evidence=f"{name}@1") if day else None,
        withdrawn=withdrawn,
        held=Held(on=on, evidence=f"{name}@4", recorded_on=recorded) if held else None,
        coverage=None
        if counts is None
        else Coverage(counts=counts, gaps=gaps, evidence=f"list:{name}@3", recorded_on=recorded),
    )


def facts(*conferences: ConferenceFacts, owed: tuple[Owed, ...] = (KOELN,)) -> Facts:
    return Facts(year=YEAR, owed=owed, timeline="area:Köln@9", conferences=conferences)


def days(last: date | None) -> Days | None:
    """As the clock has them that began 2024-12-01, each day an event."""
    first = date(2024, 12, 1)
    if last is None:
        return None
    turns = {2023: "clock@1"} | {
        year - 1: f"clock@{(date(year, 1, 1) - first).days + 1}"
        for year in range(2025, last.year + 1)
    }
    return Days(first=first, last=last, turns=turns)


def judged(last: date | None, *conferences: ConferenceFacts) -> Verdict:
    return judge(facts(*conferences), days(last), NRW_2024_1)


SPRING, AUTUMN, AFTER = date(YEAR, 3, 3), date(YEAR, 10, 1), date(YEAR + 1, 1, 1)


def test_nothing_dated_is_open_until_the_threshold_day() -> None:
    before = judged(AUTUMN - timedelta(days=1))
    on_it = judged(AUTUMN)

    assert (before.verdict, on_it.verdict) == ("OPEN", "AT_RISK")
    assert before.evidence == on_it.evidence == (ASSIGNED,)


def test_before_the_first_day_nothing_is_missed_nor_at_risk() -> None:
    assert judge(facts(), None, NRW_2024_1).verdict == "OPEN"
    assert judge(facts(conference()), None, NRW_2024_1).verdict == "COVERED"


def test_r4_a_scheduled_conference_covers_and_cites_the_next_date() -> None:
    later, sooner = conference("c1", day=date(YEAR, 9, 9)), conference("c2", day=date(YEAR, 6, 6))

    verdict = judged(SPRING, later, sooner)

    assert (verdict.verdict, verdict.evidence) == ("COVERED", ("c2@1",))


def test_r4_a_date_covers_on_its_day_and_not_from_the_day_after() -> None:
    on = date(YEAR, 9, 10)
    before, after = (
        judged(on, conference(day=on)),
        judged(on + timedelta(days=1), conference(day=on)),
    )

    assert (before.verdict, before.gaps) == ("COVERED", ())
    assert after.verdict == "OPEN"
    assert [(gap.code, gap.rule, gap.conference_id) for gap in after.gaps] == [
        ("NotOpened", "R4", "c1")
    ]
    assert judged(AUTUMN, conference(day=on)).verdict == "AT_RISK"


def test_r4_a_passed_date_does_not_hide_the_next_one() -> None:
    passed, ahead = conference("c1", day=date(YEAR, 5, 5)), conference("c2", day=date(YEAR, 11, 5))

    verdict = judged(AUTUMN, passed, ahead)

    assert (verdict.verdict, verdict.evidence) == ("COVERED", ("c2@1",))
    assert [gap.conference_id for gap in verdict.gaps] == ["c1"]


def test_r4_a_session_that_was_opened_waits_for_its_record() -> None:
    opened = conference(day=date(YEAR, 5, 5)).model_copy(update={"opened": "c1@3"})

    (finding,) = judged(AUTUMN, opened).gaps

    assert finding.code == "HeldNotRecorded"


def test_r3_a_released_list_without_the_administration_is_forecast_not_to_count() -> None:
    forecast = conference(day=date(YEAR, 11, 5)).model_copy(update={"will_count": False})

    verdict = judge(facts(forecast).model_copy(update={"area": "Köln"}), days(AUTUMN), NRW_2024_1)

    assert verdict.verdict == "COVERED"
    assert [(gap.code, gap.rule, gap.area) for gap in verdict.gaps] == [
        ("WillNotCount", "R3", "Köln")
    ]


def test_a_release_that_was_entered_after_the_start_marks_the_verdict() -> None:
    counted = conference(held=True, counts=True)
    assert counted.coverage
    entered = counted.coverage.model_copy(update={"recorded_late": True})

    assert not judged(AUTUMN, counted).recorded_late
    assert judged(AUTUMN, counted.model_copy(update={"coverage": entered})).recorded_late


def test_r4_a_scheduled_conference_does_not_save_a_year_that_is_over() -> None:
    verdict = judged(AFTER, conference())

    assert verdict.verdict == "MISSED"
    assert verdict.evidence == (ASSIGNED, "c1@1", "clock@397")


def test_missed_cites_assignment_cancelled_conferences_and_the_day_that_ended_the_year() -> None:
    cancelled = conference(day=None, withdrawn=("c1@3",))

    verdict = judged(AFTER, cancelled)

    assert verdict.verdict == "MISSED"
    assert verdict.evidence == (ASSIGNED, "c1@3", "clock@397")


def test_r4_a_held_conference_fulfils_with_its_three_proofs() -> None:
    verdict = judged(SPRING, conference(held=True, counts=True))

    assert verdict.verdict == "FULFILLED"
    assert verdict.evidence == ("c1@1", "list:c1@3", "c1@4")
    assert verdict.last_held_on == date(YEAR, 5, 5)
    assert verdict.gaps == ()


@pytest.mark.parametrize(
    "half", [conference(held=True), conference(counts=True)], ids=["held", "frozen"]
)
def test_until_both_session_and_frozen_list_are_known_it_stays_covered(
    half: ConferenceFacts,
) -> None:
    assert judged(SPRING, half).verdict == "COVERED"


def test_r3_a_held_conference_that_does_not_count_for_the_area_fulfils_nothing() -> None:
    verdict = judged(SPRING, conference(held=True, counts=False, gaps=(GAP,)))

    assert verdict.verdict == "OPEN"
    assert [gap.conference_id for gap in verdict.gaps] == ["c1"]
    assert verdict.last_held_on is None
    assert "list:c1@3" in verdict.evidence


def test_the_best_single_conference_decides_and_the_gaps_of_the_others_are_listed() -> None:
    gapped = conference("c1", held=True, counts=True, gaps=(GAP,))
    whole = conference("c2", day=date(YEAR, 9, 9), held=True, counts=True)

    verdict = judged(AFTER, gapped, whole)

    assert verdict.verdict == "FULFILLED"
    assert verdict.evidence == ("c2@1", "list:c2@3", "c2@4")
    assert verdict.gaps == (GAP.model_copy(update={"conference_id": "c1"}),)


def test_of_gapped_conferences_the_one_with_the_fewest_gaps_decides() -> None:
    two = conference("c1", held=True, counts=True, gaps=(GAP, GAP))
    one = conference("c2", day=date(YEAR, 9, 9), held=True, counts=True, gaps=(GAP,))

    verdict = judged(AFTER, two, one)

    assert verdict.verdict == "FULFILLED_WITH_GAPS"
    assert verdict.evidence[0] == "c2@1"
    assert [gap.conference_id for gap in verdict.gaps] == ["c2", "c1", "c1"]


def test_of_equal_conferences_the_earlier_one_decides() -> None:
    later = conference("c1", day=date(YEAR, 9, 9), held=True, counts=True)
    sooner = conference("c2", day=date(YEAR, 6, 6), held=True, counts=True)

    verdict = judged(AFTER, later, sooner)

    assert verdict.evidence[0] == "c2@1"
    assert verdict.last_held_on == date(YEAR, 9, 9)


@pytest.mark.parametrize(("recorded", "late"), [(date(YEAR, 12, 31), False), (AFTER, True)])
def test_a_deciding_fact_recorded_after_the_year_makes_it_late(recorded: date, late: bool) -> None:
    held = conference(held=True, counts=True, recorded_on=recorded)

    verdict = judged(AFTER, held)

    assert (verdict.verdict, verdict.recorded_late) == ("FULFILLED", late)


def test_a_late_fact_that_does_not_decide_makes_nothing_late() -> None:
    in_time = conference("c1", held=True, counts=True)
    late = conference("c2", held=True, counts=True, gaps=(GAP,), recorded_on=AFTER)

    assert not judged(AFTER, in_time, late).recorded_late


def test_r6_where_nobody_owes_nothing_is_missed() -> None:
    verdict = judge(facts(owed=()), days(AFTER), NRW_2024_1)

    assert (verdict.verdict, verdict.debtors) == ("OPEN", ())
    assert verdict.evidence == ("area:Köln@9",)


def test_a_verdict_names_its_ruleset() -> None:
    assert judged(SPRING).ruleset == "nrw-2024.1"


IN_YEAR = st.dates(date(YEAR, 1, 1), date(YEAR, 12, 31))
GAPS = st.lists(st.sampled_from(["ag-koeln", "hza-koeln"]), unique=True).map(
    lambda ids: tuple(GAP.model_copy(update={"body_id": each}) for each in ids)
)


@st.composite
def any_conference(draw: st.DrawFn, name: str) -> ConferenceFacts:
    if draw(st.booleans()):
        return conference(name, day=None, withdrawn=(f"{name}@2",))
    day = draw(IN_YEAR)
    return conference(
        name,
        day=day,
        held=draw(st.booleans()),
        counts=draw(st.sampled_from([None, True, False])),
        gaps=draw(GAPS),
        withdrawn=draw(st.sampled_from([(), (f"{name}@2",)])),
        recorded_on=draw(st.dates(day, date(YEAR + 1, 6, 1))),
    )


ANY_YEAR = st.integers(0, 4).flatmap(
    lambda number: st.tuples(*(any_conference(f"c{each}") for each in range(number)))
)
ANY_DAY = st.none() | st.dates(date(YEAR, 1, 1), date(YEAR + 1, 6, 1))


@given(ANY_YEAR, ANY_DAY)
def test_there_is_no_verdict_without_evidence(
    conferences: tuple[ConferenceFacts, ...], last: date | None
) -> None:
    verdict = judged(last, *conferences)

    known = {ASSIGNED, *(e for c in conferences for e in c.withdrawn + c.evidence)}
    assert verdict.evidence
    assert len(set(verdict.evidence)) == len(verdict.evidence)
    assert all(each in known or each.startswith("clock@") for each in verdict.evidence)


@given(ANY_YEAR, ANY_DAY, st.randoms(use_true_random=False))
def test_the_order_of_conferences_does_not_matter(
    conferences: tuple[ConferenceFacts, ...], last: date | None, random: Random
) -> None:
    shuffled = list(conferences)
    random.shuffle(shuffled)

    first, second = (judged(last, *c) for c in (conferences, shuffled))
    assert first == second


@given(ANY_YEAR, ANY_DAY)
def test_r4_only_a_held_conference_that_counts_fulfils(
    conferences: tuple[ConferenceFacts, ...], last: date | None
) -> None:
    verdict = judged(last, *conferences)

    assert verdict.verdict.startswith("FULFILLED") == any(
        each.held and each.coverage and each.coverage.counts for each in conferences
    )


@given(ANY_YEAR, any_conference("new"), ANY_DAY)
def test_a_further_conference_never_makes_a_verdict_worse(
    conferences: tuple[ConferenceFacts, ...], further: ConferenceFacts, last: date | None
) -> None:
    before, after = (
        PRECEDENCE.index(judged(last, *each).verdict)
        for each in (conferences, (*conferences, further))
    )

    assert after <= before


@settings(max_examples=50)
@given(ANY_YEAR, st.dates(date(YEAR, 1, 1), date(YEAR + 1, 6, 1)))
def test_the_verdict_changes_with_time_only_when_a_date_has_passed_at_the_threshold_and_the_turn_of_the_year(
    conferences: tuple[ConferenceFacts, ...], last: date
) -> None:
    yesterday = last - timedelta(days=1)
    passed = {each.placed.starts_at.date() for each in conferences if each.placed}
    if last in (AUTUMN, AFTER) or yesterday < date(YEAR, 1, 1) or yesterday in passed:
        return

    now, before = (judged(d, *conferences) for d in (last, yesterday))
    assert now == before
