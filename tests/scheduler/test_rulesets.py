"""Rulesets are data: a verdict names its own, and a new one applies from its date."""

from datetime import date
from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.values import Kind
from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.judging import ConferenceFacts, Coverage, Facts, Held, Owed, judge
from siko_scheduler.domain.ruleset import NRW_2024_1, RULESETS, Rules

NEXT = NRW_2024_1.model_copy(
    update={"name": "nrw-2027.1", "applies_from": date(2027, 1, 1), "at_risk_from": (6, 1)}
)
ROLLING = RULESETS["nrw-2024.1-rolling"]


@pytest.fixture
def next_ruleset(monkeypatch: pytest.MonkeyPatch) -> Rules:
    monkeypatch.setitem(RULESETS, NEXT.name, NEXT)
    return NEXT


def test_a_new_ruleset_judges_from_its_date_and_leaves_old_verdicts(
    house: Any, next_ruleset: Rules
) -> None:
    house.day("2026-01-02")
    house.day("2026-11-02")
    house.start(next_ruleset.name)
    house.day("2027-07-01")

    assert house.verdict("Köln", 2026).ruleset == "nrw-2024.1"
    judged = house.judgements("Köln", 2027)
    assert {verdict.ruleset for verdict in judged} == {"nrw-2027.1"}
    assert (judged[-1].verdict, judged[-1].effective_at.month) == ("AT_RISK", 5)


def test_a_ruleset_adopted_late_leaves_the_years_that_are_over_by_then(
    house: Any, next_ruleset: Rules
) -> None:
    house.day("2027-01-02")
    house.day("2029-01-02")
    house.start(next_ruleset.name)
    report = {"area": "Köln", "valid_from": "2028-06-01", "to_authority_id": "pp-essen"}
    house.done(commands.TransferArea.model_validate(report))

    assert house.verdict("Köln", 2028).ruleset == "nrw-2024.1"
    assert house.verdict("Köln", 2029).ruleset == "nrw-2027.1"


def test_replay_reads_the_old_verdicts_whatever_is_in_force(
    house: Any, next_ruleset: Rules
) -> None:
    house.day("2026-01-02")
    before = house.judgements("Köln", 2026)
    house.start(next_ruleset.name)
    application = house.desk.application
    application.cache.evict(["obligation:siko:Köln:2026"])

    assert house.judgements("Köln", 2026) == before


def test_rules_that_judge_by_months_are_for_what_if_only(house: Any) -> None:
    before = len(house.desk.contracts)
    house.start("nrw-2024.1-rolling")

    assert len(house.desk.contracts) == before


def test_a_ruleset_applies_from_the_beginning_of_a_year() -> None:
    with pytest.raises(ValueError, match="1 January"):
        Rules.model_validate(NRW_2024_1.model_dump() | {"applies_from": date(2027, 7, 1)})


def held(on: str) -> ConferenceFacts:
    day = date.fromisoformat(on)
    return ConferenceFacts(
        conference_id=on,
        held=Held(on=day, evidence=f"{on}@4", recorded_on=day),
        coverage=Coverage(counts=True, evidence=f"list:{on}@3", recorded_on=day),
    )


def verdict_by(
    rules: Rules,
    before: str | None,
    last_day: str,
    *conferences: ConferenceFacts,
    kind: Kind = "siko",
) -> str:
    """On 2025, where the last conference before it was on that day."""
    owed = Owed(
        authority_id="pp-koeln",
        valid_from=date(2025, 1, 1),
        valid_to=date(2025, 12, 31),
        evidence="area:Köln@2",
    )
    facts = Facts(
        kind=kind,
        year=2025,
        owed=(owed,),
        timeline="area:Köln@2",
        conferences=conferences,
        last_held_before=date.fromisoformat(before) if before else None,
    )
    last = date.fromisoformat(last_day)
    return judge(facts, Days(first=date(2024, 1, 1), last=last, turns={}), rules).verdict


@pytest.mark.parametrize(
    ("before", "last_day", "on", "verdict"),
    [
        ("2024-04-10", "2025-04-10", None, "OPEN"),
        ("2024-04-10", "2025-04-11", None, "MISSED"),
        ("2024-04-10", "2025-06-01", "2025-04-10", "FULFILLED"),
        ("2024-04-10", "2025-06-01", "2025-04-11", "MISSED"),
        ("2024-02-29", "2025-02-28", None, "OPEN"),
        ("2024-02-29", "2025-03-01", None, "MISSED"),
        (None, "2025-12-31", None, "AT_RISK"),
        (None, "2025-12-31", "2025-12-31", "FULFILLED"),
    ],
)
def test_r2_by_months_a_conference_is_due_twelve_months_after_that_of_the_year_before(
    before: str | None, last_day: str, on: str | None, verdict: str
) -> None:
    assert verdict_by(ROLLING, before, last_day, *([held(on)] if on else [])) == verdict


@pytest.mark.parametrize(("kind", "verdict"), [("siko", "FULFILLED"), ("siko_ap", "MISSED")])
def test_r35_the_interval_of_motorway_conferences_is_a_setting_of_the_ruleset(
    kind: Kind, verdict: str
) -> None:
    """The order names none: the ruleset that is in force assumes the calendar year, and another may say months."""
    assert NRW_2024_1.intervals["siko_ap"] == "calendar_year"
    intervals = {"siko": "calendar_year", "siko_ap": "rolling_12_months"}
    rules = NRW_2024_1.model_copy(update={"intervals": intervals})
    found = verdict_by(rules, "2024-04-10", "2025-12-31", held("2025-11-03"), kind=kind)
    assert found == verdict
