"""A judged year is sealed after 31 March of the next."""

from datetime import date
from typing import Any

from siko_contracts.commands import scheduler as commands
from siko_scheduler.domain.clock import Days
from siko_scheduler.domain.judging import is_sealed
from siko_scheduler.domain.ruleset import NRW_2024_1

FULL: tuple[bool, tuple[str, ...]] = (True, ())


def test_a_sealed_year_takes_no_more_facts(house: Any) -> None:
    house.day("2025-01-02")
    waiting = house.schedule("2025-05-05T09:00:00Z", "Köln")
    opened = house.schedule("2025-05-06T09:00:00Z", "Köln")
    house.open(opened, "2025-05-06T09:00:00Z")
    house.release(waiting, "2025-03-03T09:00:00Z")
    house.day("2026-04-01")

    effective_at = "2025-05-06T10:00:00Z"
    for command in (
        house.conference("2025-06-06T09:00:00Z", "Köln", effective_at=effective_at),
        commands.CancelConference(conference_id=waiting, reason="r"),
        commands.PostponeConference(conference_id=waiting, reason="r"),
        commands.RescheduleConference(conference_id=waiting, starts_at="2026-06-06T09:00:00Z"),
        commands.OpenConference(conference_id=waiting, effective_at=effective_at),
        commands.RecordHeld(
            conference_id=opened,
            started_at="2025-05-06T09:00:00Z",
            ended_at="2025-05-06T10:00:00Z",
        ),
        commands.TransferArea(area="Köln", to_authority_id="pp-essen", valid_from=date(2025, 7, 1)),
        commands.RevokeMotorwayDuty(authority_id="pp-koeln", valid_to=date(2025, 7, 1)),
    ):
        assert house.refused(command).code == "YearSealed", command


def test_a_list_that_froze_before_the_seal_is_noted_whenever_it_arrives(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.open(conference_id, "2025-05-05T09:00:00Z")
    house.done(
        commands.RecordHeld(
            conference_id=conference_id,
            started_at="2025-05-05T09:00:00Z",
            ended_at="2025-05-05T10:00:00Z",
        ),
        now="2025-05-05T12:00:00Z",
    )
    house.day("2026-04-01")
    assert house.verdict("Köln", 2025).verdict == "MISSED"

    house.freeze(conference_id, "2025-05-05T09:00:00Z", {"Köln": FULL})

    verdict = house.verdict("Köln", 2025)
    assert (verdict.verdict, verdict.recorded_late) == ("FULFILLED", False)


def test_years_before_the_first_day_begun_are_never_sealed(house: Any) -> None:
    house.day("2026-05-05")

    house.schedule("2025-05-05T09:00:00Z", "Köln", effective_at="2025-02-02T09:00:00Z")


def test_the_seal_is_not_there_on_31_march(house: Any) -> None:
    house.day("2025-01-02")
    house.day("2026-03-31")

    house.schedule("2025-05-05T09:00:00Z", "Köln", effective_at="2025-02-02T09:00:00Z")


def test_a_year_is_sealed_after_31_march_unless_the_house_began_later() -> None:
    def days(last: date) -> Days:
        return Days(first=date(2024, 12, 1), last=last, turns={})

    assert not is_sealed(2025, days(date(2026, 3, 31)), NRW_2024_1)
    assert is_sealed(2025, days(date(2026, 4, 1)), NRW_2024_1)
    assert not is_sealed(2023, days(date(2026, 4, 1)), NRW_2024_1)
    assert not is_sealed(2025, None, NRW_2024_1)
