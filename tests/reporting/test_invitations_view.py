"""Invitations show the way of each body from the list to the table."""

import pytest
from siko_contracts.events.invitations import (
    AttendanceCorrected,
    AttendanceRecorded,
    BodyAdded,
    BodyRemoved,
    DeputyNamed,
    ForwardingOverdue,
    ForwardingReopened,
    HandedOver,
    InvitationAccepted,
    InvitationDeclined,
    InvitationForwarded,
    InvitationListDerived,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationTentativelyAccepted,
    InvitationWithdrawn,
    ReminderSent,
    ResponseInvalidated,
)
from siko_contracts.values import CompetentBody

CITY = CompetentBody(body_id="stadt-koeln", category="administration", areas=("Köln",))
SCHOOL_OFFICE = CompetentBody(
    body_id="schulamt-koeln",
    category="school_office",
    areas=("Köln",),
    route="via",
    via="br-koeln",
)
TO_CITY = {"conference_id": "joint", "body_id": "stadt-koeln"}
DISPATCH = TO_CITY | {"category": "administration", "areas": ("Köln",)}
BY_LETTER = TO_CITY | {"channel": "letter"}


@pytest.fixture
def derived(happened):
    return happened(
        InvitationListDerived, "2025-01-10", conference_id="joint", bodies=(CITY, SCHOOL_OFFICE)
    )


@pytest.fixture
def sent(happened):
    return happened(InvitationSent, "2025-01-20T08:00:00", **DISPATCH)


@pytest.fixture
def of_city(items):
    """The city's row after these events."""

    def row(*events):
        return next(row for row in items("invitations", events) if row["body_id"] == "stadt-koeln")

    return row


def test_a_derived_list_drafts_an_invitation_a_body(derived, items):
    rows = items("invitations", [derived])
    assert [(row["body_id"], row["state"], row["answer"]) for row in rows] == [
        ("schulamt-koeln", "DRAFTED", "OPEN"),
        ("stadt-koeln", "DRAFTED", "OPEN"),
    ]
    assert rows[0] | {"category": "school_office", "route": "via", "via": "br-koeln"} == rows[0]
    assert rows[1] | {"areas": ["Köln"], "route": "direct", "via": None} == rows[1]


def test_a_sent_invitation_says_when(derived, sent, of_city):
    row = of_city(derived, sent)
    assert (row["state"], row["sent_at"]) == ("SENT", "2025-01-20T08:00:00Z")


def test_r12_the_way_over_the_district_government_stays_visible(happened, derived, items):
    hop = {
        "conference_id": "joint",
        "body_id": "schulamt-koeln",
        "category": "school_office",
        "areas": ("Köln",),
        "via": "br-koeln",
    }
    there = happened(InvitationSentToIntermediary, "2025-01-20T08:00:00", **hop)
    forwarded = happened(InvitationForwarded, "2025-01-25T08:00:00", **hop)
    (open_hop,) = items("invitations", [derived, there], body_id="schulamt-koeln")
    (closed_hop,) = items("invitations", [derived, there, forwarded], body_id="schulamt-koeln")
    assert (open_hop["state"], open_hop["forwarded_at"]) == ("SENT_TO_INTERMEDIARY", None)
    assert closed_hop["state"] == "FORWARDED"
    assert closed_hop["sent_at"] == "2025-01-20T08:00:00Z"
    assert closed_hop["forwarded_at"] == "2025-01-25T08:00:00Z"


def test_a_forwarding_confirmed_after_the_conference_does_not_undo_attendance(
    happened, of_city, derived, sent
):
    present = happened(AttendanceRecorded, "2025-03-10", **TO_CITY, attended=True, level="head")
    late = happened(InvitationForwarded, "2025-03-11", **DISPATCH)
    row = of_city(derived, sent, present, late)
    assert (row["state"], row["forwarded_at"]) == ("ATTENDED", "2025-03-11T12:00:00Z")


@pytest.mark.parametrize(
    ("contract", "answer"),
    [
        (InvitationAccepted, "ACCEPTED"),
        (InvitationTentativelyAccepted, "TENTATIVE"),
        (InvitationDeclined, "DECLINED"),
    ],
)
def test_an_answer_replaces_the_one_before(happened, of_city, sent, contract, answer):
    deputy = happened(DeputyNamed, "2025-02-01", **BY_LETTER, level="other")
    answered = happened(contract, "2025-02-02", **BY_LETTER)
    before = of_city(sent, deputy)
    assert (before["answer"], before["level"]) == ("DEPUTY_NAMED", "other")
    row = of_city(sent, deputy, answered)
    assert (row["state"], row["answer"], row["level"]) == ("SENT", answer, None)


def test_r14_a_new_date_reopens_the_answer(happened, of_city, derived, sent):
    accepted = happened(InvitationAccepted, "2025-02-01", **BY_LETTER)
    invalidated = happened(ResponseInvalidated, "2025-02-10", **TO_CITY)
    row = of_city(derived, sent, accepted, invalidated, derived)
    assert (row["state"], row["answer"]) == ("SENT", "OPEN")


def test_attendance_ends_an_invitation_and_can_be_corrected(happened, of_city, derived, sent):
    absent = happened(AttendanceRecorded, "2025-03-10", **TO_CITY, attended=False)
    corrected = happened(
        AttendanceCorrected, "2025-03-12", **TO_CITY, attended=True, level="deputy_head"
    )
    assert of_city(derived, sent, absent)["state"] == "ABSENT"
    row = of_city(derived, sent, absent, corrected)
    assert (row["state"], row["level"]) == ("ATTENDED", "deputy_head")


def test_a_withdrawn_invitation_is_a_draft_again_when_a_list_names_the_body(
    happened, of_city, derived, sent
):
    accepted = happened(InvitationAccepted, "2025-02-01", **BY_LETTER)
    withdrawn = happened(InvitationWithdrawn, "2025-02-05", **TO_CITY)
    row = of_city(derived, sent, accepted, withdrawn)
    assert (row["state"], row["answer"]) == ("WITHDRAWN", "ACCEPTED")
    again = of_city(derived, sent, accepted, withdrawn, derived)
    assert (again["state"], again["answer"], again["sent_at"]) == ("DRAFTED", "OPEN", None)


def test_only_a_draft_disappears_when_its_body_is_removed(happened, derived, sent, items):
    removed = happened(BodyRemoved, "2025-01-15", **TO_CITY)
    drafted = items("invitations", [derived, removed])
    assert [row["body_id"] for row in drafted] == ["schulamt-koeln"]
    assert len(items("invitations", [derived, sent, removed])) == 2


def test_r10_a_renewed_list_drops_drafts_but_keeps_sent_and_added_ones(
    happened, derived, sent, items
):
    added = happened(
        BodyAdded, "2025-01-12", conference_id="joint", body_id="ihk-koeln", category="business"
    )
    renewed = happened(InvitationListDerived, "2025-02-01", conference_id="joint", bodies=())
    rows = items("invitations", [derived, added, sent, renewed])
    assert [(row["body_id"], row["state"]) for row in rows] == [
        ("ihk-koeln", "DRAFTED"),
        ("stadt-koeln", "SENT"),
    ]


def test_an_invitation_shows_even_where_its_list_is_not_in_sight(of_city, sent):
    row = of_city(sent)
    assert (row["state"], row["category"], row["route"]) == ("SENT", "administration", "direct")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"conference_id": "joint"}, ["schulamt-koeln", "stadt-koeln"]),
        ({"conference_id": "another"}, []),
        ({"state": "SENT"}, ["stadt-koeln"]),
        ({"body_id": "schulamt-koeln"}, ["schulamt-koeln"]),
    ],
)
def test_invitations_are_those_asked_for(derived, sent, items, asked, found):
    rows = items("invitations", [derived, sent], **asked)
    assert [row["body_id"] for row in rows] == found


def test_r14_a_new_date_opens_the_hop_again(happened, items):
    hop = {key: DISPATCH[key] for key in ("conference_id", "body_id")}
    sent = happened(InvitationSentToIntermediary, "2025-01-20", **DISPATCH)
    forwarded = happened(InvitationForwarded, "2025-01-25", **DISPATCH)
    reopened = happened(ForwardingReopened, "2025-01-26", **hop)
    (row,) = items("invitations", [sent, forwarded, reopened])
    assert (row["state"], row["forwarded_at"]) == ("SENT_TO_INTERMEDIARY", None)
    assert row["sent_at"] == "2025-01-20T12:00:00Z"
    (row,) = items("invitations", [sent, forwarded, reopened, forwarded])
    assert row["state"] == "FORWARDED"


def test_reminders_are_counted_and_the_last_one_is_dated(derived, sent, of_city, happened):
    reminder = TO_CITY | {"about": "answer", "to_body_id": "stadt-koeln"}
    row = of_city(
        derived,
        sent,
        happened(ReminderSent, "2025-02-10T08:00:00", number=1, **reminder),
        happened(ReminderSent, "2025-02-24T08:00:00", number=2, **reminder),
    )
    assert (row["reminders"], row["reminded_at"]) == (2, "2025-02-24T08:00:00Z")


def test_the_last_dispatch_shows_when_and_by_which_channel(derived, sent, of_city, happened):
    assert of_city(derived, sent)["dispatched_at"] is None
    row = of_city(
        derived,
        sent,
        happened(HandedOver, "2025-01-20T09:00:00", channel="mail", **TO_CITY),
        happened(HandedOver, "2025-01-22T09:00:00", channel="letter", **TO_CITY),
    )
    assert (row["dispatched_at"], row["dispatched_by"]) == ("2025-01-22T09:00:00Z", "letter")


def test_r12_an_overdue_forwarding_shows_until_it_is_confirmed_or_asked_for_anew(items, happened):
    hop = {"conference_id": "joint", "body_id": "schulamt-koeln"}
    described = hop | {"category": "school_office", "areas": ("Köln",), "via": "br-koeln"}
    asked = happened(InvitationSentToIntermediary, "2025-01-20", **described)
    late = happened(ForwardingOverdue, "2025-02-04", due_on="2025-02-03", **described)
    confirmed = happened(InvitationForwarded, "2025-02-05", **described)
    reopened = happened(ForwardingReopened, "2025-02-05", **hop)
    for events, overdue in (
        ([asked], False),
        ([asked, late], True),
        ([asked, late, confirmed], False),
        ([asked, late, reopened], False),
    ):
        assert items("invitations", events)[0]["overdue"] is overdue


def test_an_invitation_that_is_sent_again_begins_without_reminders(
    derived, sent, of_city, happened
):
    reminder = TO_CITY | {"number": 3, "about": "answer", "to_body_id": "stadt-koeln"}
    row = of_city(
        derived,
        sent,
        happened(ReminderSent, "2025-02-10", **reminder),
        happened(InvitationWithdrawn, "2025-02-11", **TO_CITY),
        derived,
    )
    assert (row["reminders"], row["reminded_at"]) == (0, None)
