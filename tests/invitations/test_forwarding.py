"""R12: an intermediary is asked to forward, and what it has not confirmed in time is overdue and chased."""

from datetime import UTC, date, datetime, timedelta

import pytest
from siko_contracts.commands.invitations import ConfirmForwarding, Respond
from siko_contracts.events.invitations import ForwardingOverdue, ReminderSent
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferenceOpened,
    ConferenceRescheduled,
    DayBegan,
)

SCHOOLS = ["schulamt-koeln", "schulamt-leverkusen"]
CONFIRMED = ConfirmForwarding(conference_id="c1", body_id="schulamt-koeln", by_body_id="br-koeln")


def days_begin(office, first, last):
    """Every day from the first to the last, as the scheduler tells of them."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        office.hears(DayBegan, authority_id="nrw", date=day, effective_at=f"{day}T00:00:00+01:00")
        day += timedelta(days=1)


def reminded_of_forwarding(office):
    reminders = office.published(ReminderSent)
    return [(each.body_id, each.number) for each in reminders if each.about == "forwarding"]


@pytest.fixture
def asked(invited):
    """The district government was asked on 10 January, for a conference on 6 May."""
    return invited


def test_r12_a_forwarding_is_overdue_when_it_was_not_confirmed_within_the_days_of_the_ruleset(
    asked,
):
    days_begin(asked, "2025-01-11", "2025-01-24")
    assert asked.published(ForwardingOverdue) == []
    days_begin(asked, "2025-01-25", "2025-01-25")
    overdue = asked.published(ForwardingOverdue)
    assert [each.body_id for each in overdue] == SCHOOLS
    first = overdue[0]
    assert (first.via, first.due_on, first.ruleset) == ("br-koeln", date(2025, 1, 24), "nrw-2024.1")
    assert first.areas == ("Köln",)


def test_r12_the_reminder_of_an_overdue_forwarding_goes_to_the_district_government(asked):
    days_begin(asked, "2025-01-11", "2025-01-25")
    reminders = asked.published(ReminderSent)
    assert [(each.body_id, each.to_body_id, each.about) for each in reminders] == [
        (body_id, "br-koeln", "forwarding") for body_id in SCHOOLS
    ]


def test_r12_a_forwarding_turns_overdue_once(asked):
    days_begin(asked, "2025-01-11", "2025-01-30")
    days_begin(asked, "2025-01-25", "2025-01-25")
    assert asked.bodies(ForwardingOverdue) == SCHOOLS
    assert reminded_of_forwarding(asked) == [(body_id, 1) for body_id in SCHOOLS]


def test_r12_what_is_confirmed_is_not_overdue(asked):
    asked.does(CONFIRMED)
    days_begin(asked, "2025-01-11", "2025-01-30")
    assert asked.bodies(ForwardingOverdue) == ["schulamt-leverkusen"]


def test_nobody_is_chased_for_a_forwarding_whose_body_has_answered(asked):
    asked.does(
        Respond(conference_id="c1", body_id="schulamt-koeln", answer="declined", channel="mail")
    )
    days_begin(asked, "2025-01-11", "2025-01-30")
    assert asked.bodies(ForwardingOverdue) == ["schulamt-leverkusen"]
    assert [body_id for body_id, _ in reminded_of_forwarding(asked)] == ["schulamt-leverkusen"]


def test_r12_an_intermediary_asked_shortly_before_the_conference_has_until_a_week_before_it(office):
    office.hears_of_register()
    office.starts_at = datetime(2025, 1, 25, 9, tzinfo=UTC)
    office.hears_of_conference()
    office.releases()
    days_begin(office, "2025-01-11", "2025-01-18")
    assert office.published(ForwardingOverdue) == []
    days_begin(office, "2025-01-19", "2025-01-19")
    assert {each.due_on for each in office.published(ForwardingOverdue)} == {date(2025, 1, 18)}


def test_r14_a_new_date_asks_for_the_forwarding_anew(asked):
    asked.does(CONFIRMED)
    asked.now = "2025-02-01T09:00:00+01:00"
    asked.starts_at = datetime(2025, 6, 3, 9, tzinfo=UTC)
    asked.hears_of_conference(ConferenceRescheduled, state="CONVENED")
    days_begin(asked, "2025-02-02", "2025-02-15")
    assert "schulamt-koeln" not in asked.bodies(ForwardingOverdue)
    days_begin(asked, "2025-02-16", "2025-02-16")
    assert "schulamt-koeln" in asked.bodies(ForwardingOverdue)


@pytest.mark.parametrize("over", [ConferenceCancelled, ConferenceOpened])
def test_nothing_is_overdue_of_a_conference_that_is_over(asked, over):
    asked.hears_that(over)
    days_begin(asked, "2025-01-11", "2025-01-30")
    assert asked.published(ForwardingOverdue) == []
    assert asked.published(ReminderSent) == []


def test_a_conference_whose_day_has_passed_is_chased_no_more(asked):
    days_begin(asked, "2025-05-06", "2025-06-01")
    assert asked.published(ForwardingOverdue) == []
    assert asked.published(ReminderSent) == []
