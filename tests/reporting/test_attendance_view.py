"""Attendance shows who was invited, whom it announced, who came and at which level (R11)."""

import pytest
from siko_contracts.events.invitations import (
    AttendanceCorrected,
    AttendanceRecorded,
    DeputyNamed,
    InvitationDeclined,
    InvitationSent,
    InvitationWithdrawn,
)

from tests.reporting.story import BONN, KOELN, body, seen

TO_CITY = {"conference_id": "c1", "body_id": "stadt-koeln", "aggregate": "i"}


@pytest.fixture
def sent(happened):
    return happened(
        InvitationSent, "2025-01-20", category="administration", areas=("Köln",), **TO_CITY
    )


@pytest.fixture
def deputy(happened):
    return happened(DeputyNamed, "2025-02-01", channel="mail", level="deputy_head", **TO_CITY)


@pytest.fixture
def of_city(items):
    def row(*events):
        (only,) = items("attendance", events)
        return only

    return row


def test_before_it_is_recorded_the_rows_are_the_sheet(sent, deputy, of_city):
    row = of_city(sent, deputy)
    assert (row["attended"], row["level"], row["evidence"]) == (None, None, None)
    assert (row["answer"], row["announced_level"]) == ("DEPUTY_NAMED", "deputy_head")
    assert (row["category"], row["areas"]) == ("administration", ["Köln"])


def test_i18_a_body_whose_deputy_did_not_come_is_absent(sent, deputy, of_city, happened):
    row = of_city(
        sent, deputy, happened(AttendanceRecorded, "2025-03-10", attended=False, **TO_CITY)
    )
    assert (row["attended"], row["level"], row["announced_level"]) == (False, None, "deputy_head")


def test_r11_a_deputy_of_another_level_shows(sent, deputy, of_city, happened):
    present = {"attended": True, "level": "other"}
    row = of_city(sent, deputy, happened(AttendanceRecorded, "2025-03-10", **present, **TO_CITY))
    assert (row["attended"], row["level"]) == (True, "other")


def test_r16_a_correction_counts_and_is_counted(sent, of_city, happened):
    row = of_city(
        sent,
        happened(AttendanceRecorded, "2025-03-10", version=3, attended=False, **TO_CITY),
        happened(
            AttendanceCorrected, "2025-03-11", version=4, attended=True, level="head", **TO_CITY
        ),
    )
    assert (row["attended"], row["level"], row["corrections"], row["evidence"]) == (
        True,
        "head",
        1,
        "i@4",
    )


def test_another_answer_takes_the_announced_level_away(sent, deputy, of_city, happened):
    row = of_city(
        sent, deputy, happened(InvitationDeclined, "2025-02-02", channel="mail", **TO_CITY)
    )
    assert (row["answer"], row["announced_level"]) == ("DECLINED", None)


def test_a_withdrawn_body_is_on_no_sheet(sent, items, happened):
    assert items("attendance", [sent, happened(InvitationWithdrawn, "2025-02-01", **TO_CITY)]) == []


def test_attendance_is_asked_for_by_year_authority_and_level(year, items):
    told = [*year["scheduler"], *year["invitations"]]
    rows = items("attendance", told, year=2025, authority_id="pp-koeln")
    assert {row["body_id"]: row["attended"] for row in rows} == {
        "ag-leverkusen": None,
        "schulamt-koeln": None,
        "stadt-koeln": True,
    }
    assert items("attendance", told, year=2024) == []
    assert items("attendance", told, authority_id="pp-bonn") == []
    assert [row["body_id"] for row in items("attendance", told, level="head")] == ["stadt-koeln"]
    assert [row["body_id"] for row in items("attendance", told, attended=True)] == ["stadt-koeln"]


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/reporting.db"


def test_r38_attendance_is_seen_by_the_authority_and_each_body_its_own(store, story):
    story.invite()
    for reader, rows in (
        (KOELN, ["schulamt-koeln", "stadt-koeln"]),
        (body("stadt-koeln"), ["stadt-koeln"]),
        (body("br-koeln"), ["schulamt-koeln"]),
        (body("hza-koeln"), []),
        (BONN, []),
    ):
        assert [row["body_id"] for row in seen(store, reader, "attendance")] == rows, reader
    before = seen(store, KOELN, "attendance", as_of="2025-01-14T00:00:00Z")
    assert before == []
    story.withdraw("stadt-koeln")
    assert seen(store, body("stadt-koeln"), "attendance", as_of="2025-01-16T00:00:00Z") == []
