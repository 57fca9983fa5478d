"""After the session: closing, corrections, and the nil report of a missed year."""

from typing import Any

import pytest
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import ConferenceClosed, ConferenceCorrected, NilReportRecorded

FULL: tuple[bool, tuple[str, ...]] = (True, ())


@pytest.fixture
def held(house: Any) -> str:
    house.day("2025-01-02")
    conference_id: str = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.hold(conference_id, "2025-05-05", {"Köln": FULL})
    return conference_id


def close(conference_id: str) -> Any:
    return commands.CloseConference(conference_id=conference_id)


def correct(conference_id: str, **fields: Any) -> Any:
    return commands.CorrectConference(conference_id=conference_id, error="Zahlendreher", **fields)


def nil_report(**fields: Any) -> Any:
    return commands.RecordNilReport.model_validate(
        {"kind": "siko", "area": "Köln", "year": 2025, "reason": "Großlage"} | fields
    )


def test_r25_a_conference_is_closed_once_its_needs_are_answered(house: Any, held: str) -> None:
    error = house.refused(close(held))
    assert (error.code, error.details["what"]) == ("StillOpen", ["needs_answered"])

    house.answer_needs(held, "2025-05-05T15:00:00Z")
    house.answer_needs(held, "2025-05-05T15:00:00Z")
    house.done(close(held))

    assert [each.conference_id for each in house.published(ConferenceClosed)] == [held]
    again = house.refused(close(held))
    assert (again.code, again.details) == ("AlreadyDone", {"field": "conference_id"})
    cancel = commands.CancelConference(conference_id=held, reason="r")
    assert house.refused(cancel).code == "ConferenceAlreadyHeld"


def test_only_a_held_conference_is_closed(house: Any) -> None:
    conference_id = house.schedule("2027-05-05T09:00:00Z", "Köln", now="2027-01-04T09:00:00Z")

    assert house.refused(close(conference_id)).code == "WrongState"
    assert house.refused(close("x")).code == "NotFound"


def test_needs_of_an_unknown_conference_pass_by(house: Any) -> None:
    before = len(house.desk.contracts)
    house.answer_needs("unheard-of", "2025-05-05T15:00:00Z")

    assert len(house.desk.contracts) == before


def test_a_correction_says_what_was_so_and_keeps_the_rest(house: Any, held: str) -> None:
    house.done(correct(held, ended_at="2025-05-05T11:30:00Z", place="Rathaus"))

    [corrected] = house.published(ConferenceCorrected)
    assert (corrected.place, corrected.state) == ("Rathaus", "HELD")
    assert corrected.started_at.isoformat() == "2025-05-05T09:00:00+00:00"
    assert corrected.ended_at.isoformat() == "2025-05-05T11:30:00+00:00"
    again = house.refused(correct(held, place="Rathaus"))
    assert (again.code, again.details) == ("AlreadyDone", {"field": "conference_id"})


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"ended_at": "2025-05-05T08:00:00Z"}, "InvalidCommand", "ended_at"),
        ({"ended_at": "2025-05-06T08:00:00Z"}, "InTheFuture", "field"),
        ({"started_at": "2024-05-06T08:00:00Z"}, "InvalidCommand", "started_at"),
    ],
)
def test_a_correction_is_as_strict_as_the_record(
    house: Any, held: str, fields: dict[str, str], code: str, field: str
) -> None:
    error = house.refused(correct(held, **fields))

    assert (error.code, field in error.details) == (code, True)


def test_what_was_not_held_has_nothing_to_correct(house: Any) -> None:
    conference_id = house.schedule("2027-05-05T09:00:00Z", "Köln", now="2027-01-04T09:00:00Z")

    assert house.refused(correct(conference_id, place="x")).details["needed"] == ["HELD", "CLOSED"]


def test_a_sealed_year_changes_by_a_correction_and_cites_it(house: Any, held: str) -> None:
    """Both states stay readable: the verdict before, and the one that names the correction."""
    house.day("2026-04-01")
    assert str(house.verdict("Köln", 2025).last_held_on) == "2025-05-05"

    answer = house.done(
        correct(held, started_at="2025-05-06T08:00:00Z", ended_at="2025-05-06T10:00:00Z")
    )

    before, after = house.judgements("Köln", 2025)[-2:]
    assert (before.verdict, after.verdict) == ("FULFILLED", "FULFILLED")
    assert (str(before.last_held_on), str(after.last_held_on)) == ("2025-05-05", "2025-05-06")
    assert f"{held}@{answer.version}" in after.evidence
    assert not after.recorded_late


def test_a_correction_of_the_place_changes_no_verdict(house: Any, held: str) -> None:
    before = len(house.judgements("Köln", 2025))
    house.done(correct(held, place="Rathaus"))

    assert len(house.judgements("Köln", 2025)) == before


def test_r7_a_nil_report_annotates_a_missed_year_and_never_fulfils_it(house: Any) -> None:
    house.day("2025-01-02")
    house.day("2026-01-02")

    house.done(nil_report())

    [report] = house.published(NilReportRecorded)
    assert (report.kind, report.area, report.year, report.authority_id) == (
        "siko",
        "Köln",
        2025,
        "pp-koeln",
    )
    assert house.verdict("Köln", 2025).verdict == "MISSED"
    assert house.refused(nil_report()).code == "AlreadyDone"


def test_r7_a_late_record_still_turns_a_reported_year_into_fulfilled(house: Any) -> None:
    house.day("2025-01-02")
    conference_id = house.schedule("2025-05-05T09:00:00Z", "Köln")
    house.open(conference_id, "2025-05-05T09:00:00Z")
    house.day("2026-01-02")
    house.done(nil_report())
    house.freeze(conference_id, "2026-01-03T09:00:00Z", {"Köln": FULL})
    house.done(
        commands.RecordHeld(
            conference_id=conference_id,
            started_at="2025-05-05T09:00:00Z",
            ended_at="2025-05-05T11:00:00Z",
        )
    )

    verdict = house.verdict("Köln", 2025)
    assert (verdict.verdict, verdict.recorded_late) == ("FULFILLED", True)


def test_r7_a_nil_report_goes_into_a_sealed_year_too(house: Any) -> None:
    house.day("2025-01-02")
    house.day("2026-05-01")

    house.done(nil_report(kind="siko_ap", area=None, authority_id="pp-koeln"))

    assert house.published(NilReportRecorded)[0].area is None


def test_r7_a_year_that_is_not_missed_has_nothing_to_report(house: Any) -> None:
    house.day("2025-01-02")

    error = house.refused(nil_report())

    assert (error.code, error.details["state"], error.details["needed"]) == (
        "WrongState",
        "OPEN",
        ["MISSED"],
    )
    assert house.refused(nil_report(year=2031)).details["field"] == "year"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"area": None}, "area"),
        ({"authority_id": "pp-koeln"}, "area"),
        ({"kind": "siko_ap"}, "authority_id"),
        ({"kind": "siko_ap", "authority_id": "pp-koeln"}, "authority_id"),
    ],
)
def test_a_nil_report_names_an_area_or_an_authority(
    house: Any, fields: dict[str, Any], field: str
) -> None:
    error = house.refused(nil_report(**fields))

    assert (error.code, list(error.details)) == ("InvalidCommand", [field])
