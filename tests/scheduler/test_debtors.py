"""R6: obligations begin and end with the competence."""

from datetime import date
from typing import Any

from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import AreaAssigned

FULL: tuple[bool, tuple[str, ...]] = (True, ())


def test_r6_a_transfer_within_a_year_leaves_one_obligation_with_two_debtors(house: Any) -> None:
    house.day("2025-01-02")
    house.done(
        commands.TransferArea(area="Köln", to_authority_id="pp-essen", valid_from=date(2025, 7, 1))
    )

    verdict = house.verdict("Köln", 2025)
    assert [(d.authority_id, d.from_, d.to) for d in verdict.debtors] == [
        ("pp-koeln", date(2025, 1, 1), date(2025, 6, 30)),
        ("pp-essen", date(2025, 7, 1), date(2025, 12, 31)),
    ]
    assert verdict.authority_id == "pp-koeln"
    house.day("2026-01-02")
    missed = house.verdict("Köln", 2025)
    assert (missed.authority_id, missed.verdict) == ("pp-essen", "MISSED")
    assert missed.evidence[:2] == ("area:Köln@2", house.published(AreaAssigned)[-1].event_id)
    assert [d.authority_id for d in house.verdict("Köln", 2026).debtors] == ["pp-essen"]


def test_r6_whoever_was_competent_on_the_day_fulfils_it(house: Any) -> None:
    house.day("2025-01-02")
    house.done(
        commands.TransferArea(area="Köln", to_authority_id="pp-essen", valid_from=date(2025, 7, 1))
    )
    conference_id = house.schedule("2025-09-09T09:00:00Z", "Köln", authority_id="pp-essen")
    house.hold(conference_id, "2025-09-09", {"Köln": FULL})

    assert house.verdict("Köln", 2025).verdict == "FULFILLED"


def test_r6_an_area_assigned_late_owes_from_then_on(house: Any) -> None:
    house.day("2025-03-03")
    house.done(
        commands.AssignArea(authority_id="pp-essen", area="Bonn", valid_from=date(2025, 2, 1))
    )

    assert house.verdict("Bonn", 2025).verdict == "OPEN"
    assert not house.is_judged("Bonn", 2024)
    house.done(
        commands.AssignArea(authority_id="pp-essen", area="Aachen", valid_from=date(2007, 1, 1))
    )
    assert house.verdict("Aachen", 2024).verdict == "MISSED"
    assert not house.is_judged("Aachen", 2023)


def test_r6_a_duty_granted_for_later_is_owed_from_its_year_on(house: Any) -> None:
    house.day("2025-03-03")
    house.done(
        commands.GrantMotorwayDuty(
            authority_id="pp-essen", sections=("A 40",), valid_from=date(2026, 5, 1)
        )
    )
    assert not house.is_judged("pp-essen", 2025, "siko_ap")

    house.day("2026-01-02")

    debtors = house.verdict("pp-essen", 2026, "siko_ap").debtors
    assert [(d.from_, d.to) for d in debtors] == [(date(2026, 5, 1), date(2026, 12, 31))]


def test_r6_after_dissolution_nobody_misses_anything(house: Any) -> None:
    house.day("2025-01-02")
    house.done(commands.DissolveAuthority(authority_id="pp-koeln", valid_to=date(2024, 12, 31)))
    house.day("2026-01-02")

    koeln = house.verdict("Köln", 2025)
    assert (koeln.verdict, koeln.debtors) == ("OPEN", ())
    assert koeln.evidence
    assert not house.is_judged("Köln", 2026)
