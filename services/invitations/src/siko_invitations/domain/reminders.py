"""When somebody is chased: a forwarding that is overdue (R12), an answer that is still missing."""

from datetime import date, timedelta

from siko_core.calendar import berlin_day

from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.ruleset import NRW_2024_1, Ruleset


def begin_day(invitation: Invitation, day: date, start: date) -> None:
    """A day begins before that of the conference: what is overdue then is recorded, what is due is sent.

    R12: an overdue forwarding is the intermediary's to confirm, so the reminder goes there.
    """
    if not invitation.is_pending or invitation.waiting_since is None:
        return
    waiting_since = berlin_day(invitation.waiting_since)
    is_due = is_reminder_due(day, waiting_since, start, NRW_2024_1)
    if invitation.state == "SENT_TO_INTERMEDIARY" and not invitation.is_overdue:
        due_on = forwarding_due_on(waiting_since, start, NRW_2024_1)
        if day > due_on:
            invitation.note_overdue(due_on, NRW_2024_1.name)
            is_due = True
    if is_due:
        invitation.remind(day, ruleset=NRW_2024_1.name)


def forwarding_due_on(waiting_since: date, start: date, rules: Ruleset) -> date:
    """Last day on which the intermediary is in time; never before the day on which it was asked."""
    in_time = waiting_since + timedelta(days=rules.forwarding_days)
    before_start = start - timedelta(days=rules.forwarding_days_before_start)
    return max(waiting_since, min(in_time, before_start))


def is_reminder_due(day: date, waiting_since: date, start: date, rules: Ruleset) -> bool:
    """Whether the ruleset reminds on this day; not on the day on which the waiting begins, nor before."""
    waited = (day - waiting_since).days
    if waited <= 0:
        return False
    left = (start - day).days
    return waited in rules.reminders_after_days or left in rules.reminders_before_start
