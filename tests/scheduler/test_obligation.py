"""An obligation collects facts and records a verdict only where it changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from siko_core.testing import at, given, new
from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.judging import Coverage, Held, Owed
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.domain.refusals import YearSealed
from siko_scheduler.domain.ruleset import NRW_2024_1

DAYS = Days(first=date(2025, 1, 2), last=date(2025, 6, 1), turns={2024: "clock@1"})
OVER = Days(
    first=date(2025, 1, 2), last=date(2026, 4, 1), turns={2024: "clock@1", 2025: "clock@365"}
)
OWED = (
    Owed(
        authority_id="pp-koeln",
        valid_from=date(2025, 1, 1),
        valid_to=date(2025, 12, 31),
        evidence="area:Köln@2",
    ),
)


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with at("2025-06-01T12:00:00+02:00"):
        yield


def opened() -> Obligation:
    return Obligation(
        authority_id="pp-koeln",
        kind="siko",
        area="Köln",
        year=2025,
        owed=OWED,
        timeline="area:Köln@2",
    )


def held(conference_id: str, day: date = date(2025, 5, 5)) -> Held:
    return Held(on=day, evidence=f"{conference_id}@4", recorded_on=day)


def coverage(conference_id: str, *, counts: bool = True) -> Coverage:
    return Coverage(counts=counts, evidence=f"list:{conference_id}@3", recorded_on=date(2025, 5, 5))


def starts(day: int) -> datetime:
    return datetime(2025, 5, day, 9, tzinfo=UTC)


def test_its_id_names_kind_scope_and_year() -> None:
    motorway = Obligation(
        authority_id="pp-koeln",
        kind="siko_ap",
        area=None,
        year=2025,
        owed=OWED,
        timeline="pp-koeln@2",
    )

    assert opened().id == "obligation:siko:Köln:2025"
    assert motorway.id == "obligation:siko_ap:pp-koeln:2025"


def test_a_verdict_is_recorded_only_when_it_changes() -> None:
    obligation = opened()
    for _ in range(3):
        obligation.judge(DAYS, NRW_2024_1)

    assert [type(event).__name__ for event in new(obligation)] == ["Opened", "Judged"]


def test_each_change_of_a_conference_changes_the_verdict() -> None:
    obligation = opened()
    seen = []
    steps: list[Any] = [
        lambda: obligation.note_placed("c1", starts(5), "c1@1"),
        lambda: obligation.note_withdrawn("c1", "postponed", "c1@2"),
        lambda: obligation.note_placed("c1", starts(6), "c1@3"),
        lambda: obligation.note_coverage("c1", coverage("c1")),
        lambda: obligation.note_held("c1", held("c1")),
    ]
    until_then = DAYS.model_copy(update={"last": date(2025, 5, 5)})
    for step in steps:
        step()
        obligation.judge(until_then, NRW_2024_1)
        seen.append(obligation.verdict.verdict)

    assert seen == ["COVERED", "OPEN", "COVERED", "COVERED", "FULFILLED"]


def test_a_year_that_was_missed_is_fulfilled_by_a_late_record() -> None:
    obligation = opened()
    obligation.judge(OVER, NRW_2024_1)
    assert obligation.verdict.verdict == "MISSED"

    obligation.note_placed("c1", starts(5), "c1@1")
    obligation.note_coverage("c1", coverage("c1"))
    obligation.note_held("c1", held("c1").model_copy(update={"recorded_on": date(2026, 2, 2)}))
    obligation.judge(OVER, NRW_2024_1)

    assert obligation.verdict.verdict == "FULFILLED"
    assert obligation.verdict.recorded_late


def test_the_same_coverage_again_changes_nothing() -> None:
    obligation = opened()
    obligation.note_coverage("c1", coverage("c1"))
    before = obligation.version
    obligation.note_coverage("c1", coverage("c1"))

    assert obligation.version == before


def test_r6_the_same_debtors_again_change_nothing() -> None:
    obligation = opened()
    obligation.note_debtors(OWED, "area:Köln@7")

    assert obligation.version == 1


def test_a_verdict_belongs_to_the_debtor_on_the_last_day_judged() -> None:
    first = OWED[0].model_copy(update={"valid_to": date(2025, 6, 30)})
    second = OWED[0].model_copy(
        update={
            "authority_id": "pp-essen",
            "valid_from": date(2025, 7, 1),
            "evidence": "area:Köln@5",
        }
    )
    obligation = opened()
    obligation.note_debtors((first, second), "area:Köln@5")
    obligation.judge(DAYS, NRW_2024_1)
    obligation.judge(OVER, NRW_2024_1)

    judged = [event for event in new(obligation) if isinstance(event, Obligation.Judged)]
    assert [event.authority_id for event in judged] == ["pp-koeln", "pp-essen"]


def test_a_judged_year_is_sealed_after_31_march_of_the_next() -> None:
    obligation = opened()
    obligation.ensure_not_sealed(OVER, NRW_2024_1)  # never judged: its first facts may come
    obligation.judge(OVER, NRW_2024_1)

    obligation.ensure_not_sealed(DAYS, NRW_2024_1)
    with pytest.raises(YearSealed):
        obligation.ensure_not_sealed(OVER, NRW_2024_1)


def test_replay_gives_the_same_verdict() -> None:
    obligation = opened()
    obligation.note_placed("c1", starts(5), "c1@1")
    obligation.judge(DAYS, NRW_2024_1)
    events = new(obligation)

    replayed = given(*events)

    assert replayed.verdict == obligation.verdict
    assert replayed.facts == obligation.facts


@st.composite
def story(draw: st.DrawFn, conference_id: str) -> list[tuple[str, str, int]]:
    """What happens to one conference, in its own order: (fact, conference, day)."""
    day = draw(st.integers(1, 28))
    facts = [("placed", conference_id, day)]
    if draw(st.booleans()):
        facts += [("postponed", conference_id, day), ("placed", conference_id, day)]
    match draw(st.sampled_from(["dated", "cancelled", "held"])):
        case "cancelled":
            facts.append(("cancelled", conference_id, day))
        case "held":
            facts += draw(
                st.permutations([("held", conference_id, day), ("frozen", conference_id, day)])
            )
    return facts


@st.composite
def interleaved(
    draw: st.DrawFn,
) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
    """The same stories told one after the other, and mixed."""
    stories = [draw(story(f"c{number}")) for number in range(draw(st.integers(1, 3)))]
    left, mixed = [list(each) for each in stories], []
    while any(left):
        mixed.append(draw(st.sampled_from([each for each in left if each])).pop(0))
    return [fact for each in stories for fact in each], mixed


def tell(obligation: Obligation, fact: str, conference_id: str, day: int) -> None:
    match fact:
        case "placed":
            obligation.note_placed(conference_id, starts(day), f"{conference_id}@{day}")
        case "held":
            obligation.note_held(conference_id, held(conference_id, date(2025, 5, day)))
        case "frozen":
            obligation.note_coverage(conference_id, coverage(conference_id, counts=day % 2 == 0))
        case how:
            obligation.note_withdrawn(conference_id, how, f"{conference_id}@{day}")  # type: ignore[arg-type]


@for_all(interleaved(), st.booleans())
def test_the_order_in_which_facts_of_different_conferences_arrive_does_not_matter(
    stories: tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]], judged_often: bool
) -> None:
    with at("2025-06-01T12:00:00+02:00"):
        verdicts = []
        for facts in stories:
            obligation = opened()
            for fact in facts:
                tell(obligation, *fact)
                if judged_often:
                    obligation.judge(DAYS, NRW_2024_1)
            obligation.judge(OVER, NRW_2024_1)
            verdicts.append(obligation.verdict)

        assert verdicts[0] == verdicts[1]
