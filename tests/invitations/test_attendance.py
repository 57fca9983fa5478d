"""Attendance of many bodies is recorded in one command, and changed by corrections with a reason."""

import pytest
from siko_contracts.commands.invitations import (
    AttendanceEntry,
    CorrectAttendance,
    NameDeputy,
    RecordAttendance,
    RecordAttendances,
)
from siko_contracts.events.invitations import (
    AttendanceCorrected,
    AttendanceRecorded,
    InvitationListFrozen,
)
from siko_contracts.events.scheduler import ConferenceOpened
from siko_contracts.queries.invitations import Texts
from siko_invitations.application.texts import texts

from tests.reading import at, partner, read


@pytest.fixture
def opened(invited):
    invited.hears_that(ConferenceOpened)
    return invited


def recording(*entries):
    return RecordAttendances(
        conference_id="c1",
        attendances=[
            AttendanceEntry(body_id=body_id, attended=level is not None, level=level)
            for body_id, level in entries
        ],
    )


def test_r11_one_command_records_many_bodies_each_at_its_level(opened):
    opened.does(recording(("ag-koeln", "head"), ("lg-koeln", "other"), ("olg-koeln", None)))
    recorded = opened.published(AttendanceRecorded)
    assert [(each.body_id, each.attended, each.level) for each in recorded] == [
        ("ag-koeln", True, "head"),
        ("lg-koeln", True, "other"),
        ("olg-koeln", False, None),
    ]


def test_i18_a_deputy_who_does_not_come_leaves_her_body_absent(invited):
    """And the credit is that of the invitation: it stays."""
    named = {"conference_id": "c1", "body_id": "ag-koeln", "channel": "itip"}
    invited.does(NameDeputy(function="Vizepräsidentin", level="deputy_head", **named))
    invited.hears_that(ConferenceOpened)
    invited.does(recording(("ag-koeln", None)))
    [recorded] = invited.published(AttendanceRecorded)
    assert (recorded.attended, recorded.level) == (False, None)
    [frozen] = invited.published(InvitationListFrozen)
    assert "ag-koeln" in {credit.body_id for area in frozen.areas for credit in area.credited}


@pytest.mark.parametrize(
    ("bad", "code", "details"),
    [
        (("zoo-koeln", "head"), "NotInvited", {"body_id": "zoo-koeln"}),
        (("ag-koeln", "head"), "InvalidCommand", {"body_id": "the body is named twice"}),
        (("sta-koeln", "head"), "AlreadyDone", {"state": "ATTENDED"}),
    ],
)
def test_one_entry_that_cannot_be_recorded_is_named_and_nothing_is(opened, bad, code, details):
    opened.does(
        RecordAttendance(conference_id="c1", body_id="sta-koeln", attended=True, level="head")
    )
    refusal = opened.refuses(recording(("ag-koeln", "head"), bad, ("olg-koeln", None)))
    assert (refusal.error.code, refusal.error.details) == (code, details | {"entry": 1})
    opened.does(recording(("ag-koeln", "head"), ("olg-koeln", None)))


def test_a_body_that_attended_has_a_level(opened):
    entry = AttendanceEntry(body_id="ag-koeln", attended=True)
    refusal = opened.refuses(RecordAttendances(conference_id="c1", attendances=[entry]))
    assert refusal.error.code == "InvalidCommand"
    assert set(refusal.error.details) == {"level", "entry"}


def test_attendance_is_recorded_once_the_conference_is_open(invited):
    assert invited.refuses(recording(("ag-koeln", "head"))).error.code == "WrongState"


def test_r16_a_correction_says_what_was_wrong_and_only_the_authority_reads_it(opened):
    opened.does(recording(("ag-koeln", "head"), ("lg-koeln", "head")))
    opened.does(
        CorrectAttendance(
            conference_id="c1", body_id="ag-koeln", attended=True, level="other", error="verlesen"
        )
    )
    assert [(each.body_id, each.level) for each in opened.published(AttendanceCorrected)] == [
        ("ag-koeln", "other")
    ]

    def errors(reader):
        items = read(opened, texts, Texts(ids=("c1",)), reader)
        return [item.text for item in items if item.field == "error"]

    assert errors(at("pp-koeln")) == ["verlesen"]
    assert errors(partner("ag-koeln")) == errors(at("pp-bonn")) == []
