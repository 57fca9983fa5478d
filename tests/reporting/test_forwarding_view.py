"""Forwarding custody: who was asked, when, and whether it has confirmed (R12)."""

from datetime import date

import pytest
from siko_contracts.events.invitations import (
    ForwardingOverdue,
    ForwardingReopened,
    InvitationForwarded,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationWithdrawn,
    ReminderSent,
)

from tests.reporting.story import BONN, KOELN, body, seen

TO_SCHOOL = {"conference_id": "joint", "body_id": "schulamt-koeln", "aggregate": "i"}
HOP = TO_SCHOOL | {"category": "school_office", "areas": ("Köln",), "via": "br-koeln"}
REMINDER = TO_SCHOOL | {"number": 1, "to_body_id": "br-koeln"}


@pytest.fixture
def asked(happened):
    return happened(InvitationSentToIntermediary, "2025-01-20T08:00:00", version=2, **HOP)


@pytest.fixture
def overdue(happened):
    return happened(ForwardingOverdue, "2025-02-04", version=3, due_on=date(2025, 2, 3), **HOP)


@pytest.fixture
def hop(items):
    def row(*events):
        (only,) = items("forwarding", events)
        return only

    return row


def test_r12_a_hop_is_open_from_the_dispatch_to_the_intermediary(asked, hop):
    row = hop(asked)
    assert (row["state"], row["via"], row["body_id"]) == ("OPEN", "br-koeln", "schulamt-koeln")
    assert (row["asked_at"], row["areas"]) == ("2025-01-20T08:00:00Z", ["Köln"])
    assert row["evidence"] == ["i@2"]


def test_r12_an_overdue_hop_says_until_when_and_how_often_was_reminded(
    asked, overdue, hop, happened
):
    reminders = [
        happened(ReminderSent, "2025-02-04", about=about, **REMINDER)
        for about in ("forwarding", "answer")
    ]
    row = hop(asked, overdue, *reminders)
    assert (row["state"], row["due_on"], row["reminders"]) == ("OVERDUE", "2025-02-03", 1)
    assert row["evidence"] == ["i@2", "i@3"]


def test_r12_a_confirmed_hop_says_when_and_keeps_that_it_was_late(asked, overdue, hop, happened):
    row = hop(asked, overdue, happened(InvitationForwarded, "2025-02-05T09:00:00", **HOP))
    assert (row["state"], row["due_on"]) == ("CONFIRMED", "2025-02-03")
    assert row["forwarded_at"] == "2025-02-05T09:00:00Z"


def test_r14_a_new_date_asks_anew(asked, overdue, hop, happened):
    row = hop(
        asked,
        overdue,
        happened(InvitationForwarded, "2025-02-05", **HOP),
        happened(ForwardingReopened, "2025-02-10T07:00:00", version=5, **TO_SCHOOL),
    )
    assert (row["state"], row["asked_at"]) == ("OPEN", "2025-02-10T07:00:00Z")
    assert (row["due_on"], row["forwarded_at"], row["via"]) == (None, None, "br-koeln")
    assert row["evidence"] == ["i@5"]


def test_what_goes_directly_is_no_hop(items, happened):
    to_city = {"conference_id": "joint", "body_id": "stadt-koeln"}
    direct = happened(InvitationSent, "2025-01-20", category="administration", **to_city)
    reminder = happened(
        ReminderSent, "2025-02-04", **to_city, number=1, about="answer", to_body_id="stadt-koeln"
    )
    assert (
        items(
            "forwarding", [direct, reminder, happened(InvitationWithdrawn, "2025-02-05", **to_city)]
        )
        == []
    )


def test_hops_are_asked_for_by_area_year_and_state(year, items):
    told = [*year["scheduler"], *year["invitations"]]
    assert [row["conference_id"] for row in items("forwarding", told, year=2025)] == ["joint"]
    assert items("forwarding", told, year=2024) == []
    assert items("forwarding", told, area="Leverkusen") == []
    assert len(items("forwarding", told, area="Köln", via="br-koeln", state="CONFIRMED")) == 1


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/reporting.db"


def test_r38_a_hop_is_seen_by_its_authority_its_intermediary_and_its_body(store, story):
    story.invite()
    for reader, rows in (
        (KOELN, ["schulamt-koeln"]),
        (body("br-koeln"), ["schulamt-koeln"]),
        (body("schulamt-koeln"), ["schulamt-koeln"]),
        (body("stadt-koeln"), []),
        (body("br-duesseldorf"), []),
        (BONN, []),
    ):
        shown = seen(store, reader, "forwarding")
        assert [row["body_id"] for row in shown] == rows, reader
    story.withdraw("schulamt-koeln")
    assert seen(store, body("br-koeln"), "forwarding") == []
    assert seen(store, body("br-koeln"), "forwarding", as_of="2025-01-16T00:00:00Z") == []
    assert [row["state"] for row in seen(store, KOELN, "forwarding")] == ["WITHDRAWN"]
    before = seen(store, KOELN, "forwarding", as_of="2025-01-14T00:00:00Z")
    assert before == []
