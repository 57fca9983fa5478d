"""What an auditor's own fold must know, decided in docs/auditing.md ("A fold of your own"): (a), (b), (d).

(c), to which day `days_since_last` counts, is a matter of the view: tests/reporting/test_looking_back.py.
"""

from datetime import UTC, date, datetime
from typing import Any

from siko_contracts.commands import scheduler as commands

FULL: tuple[bool, tuple[str, ...]] = (True, ())
BEGAN = "2025-05-05T09:00:00Z"


def correct(house: Any, conference_id: str, started_at: str) -> str:
    """The id of the event that corrects the start."""
    correction = commands.CorrectConference(
        conference_id=conference_id, error="Zahlendreher", started_at=started_at
    )
    answer = house.done(correction, now="2025-06-01T09:00:00Z")
    return f"{conference_id}@{answer.version}"


def test_a_a_correction_is_evidence_only_if_it_changes_the_day(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule(BEGAN, "Köln")
    house.hold(conference_id, "2025-05-05", {"Köln": FULL})
    before = house.verdict("Köln", 2025).evidence

    correct(house, conference_id, "2025-05-05T09:30:00Z")
    assert house.verdict("Köln", 2025).evidence == before

    other_day = correct(house, conference_id, "2025-05-04T09:30:00Z")
    assert house.verdict("Köln", 2025).evidence == (*before, other_day)
    assert house.verdict("Köln", 2025).last_held_on == date(2025, 5, 4)

    correct(house, conference_id, "2025-05-04T10:00:00Z")
    assert house.verdict("Köln", 2025).evidence == (*before, other_day)

    and_back = correct(house, conference_id, "2025-05-05T09:00:00Z")
    assert house.verdict("Köln", 2025).evidence == (*before, and_back)


def test_b_an_obligation_of_a_future_year_exists_from_the_first_date_in_it(house: Any) -> None:
    house.day("2025-01-02")
    house.done(commands.PlanYear(authority_id="pp-koeln", year=2026))
    assert house.judgements("Köln", 2026) == []

    conference_id = house.schedule("2026-05-05T09:00:00Z", "Köln")
    assert house.verdict("Köln", 2026).verdict == "COVERED"
    assert house.judgements("Leverkusen", 2026) == []

    moved = commands.RescheduleConference(
        conference_id=conference_id, starts_at="2025-05-05T09:00:00Z", override_reason="eilt"
    )
    house.done(moved)
    assert house.verdict("Köln", 2026).verdict == "OPEN"  # once there, it stays

    house.day("2026-01-01")
    assert house.verdict("Leverkusen", 2026).verdict == "OPEN"


def test_d_the_verdict_changes_when_the_scheduler_hears_of_the_frozen_list(house: Any) -> None:
    """Not when that was recorded; but whether it is late goes by when it was recorded."""
    house.day("2025-01-02")
    conference_id = house.schedule(BEGAN, "Köln")
    house.open(conference_id, BEGAN)
    house.done(
        commands.RecordHeld(
            conference_id=conference_id, started_at=BEGAN, ended_at="2025-05-05T10:00:00Z"
        ),
        now="2025-05-05T12:00:00Z",
    )
    house.day("2026-01-07")
    assert house.verdict("Köln", 2025).verdict == "MISSED"

    frozen = house.freeze(conference_id, BEGAN, {"Köln": FULL})

    judged = house.verdict("Köln", 2025)
    assert (judged.verdict, judged.recorded_late) == ("FULFILLED", False)
    assert frozen in judged.evidence
    assert judged.recorded_at == datetime(2026, 1, 7, 12, tzinfo=UTC)
