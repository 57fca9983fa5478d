"""Reminders: a day begins and brings those of the ruleset, or a secretariat sends some."""

from collections.abc import Iterable, Iterator
from datetime import date

from siko_contracts.commands.invitations import SendReminders
from siko_contracts.values import Finding
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import Saved
from siko_core.words import ensure_known

from siko_invitations.application import Invitations, letters
from siko_invitations.domain import reminders
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.refusals import AnswerAfterStart
from siko_invitations.domain.subject import ensure_neutral


def send_reminders(invitations: Invitations, command: SendReminders) -> Saved:
    """A dry run changes nothing; its findings say who would be reminded."""
    for place, category in enumerate(command.categories):
        ensure_known(f"categories.{place}", category, invitations.categories)
    invitation_list = invitations.list_of(command.conference_id)
    invitation_list.ensure_open()
    if not invitation_list.takes_answers(invitations.now):
        raise AnswerAfterStart
    if command.subject is not None:
        ensure_neutral(command.subject, invitation_list.areas)
    day = berlin_day(invitations.now)
    chosen = list(_chosen(invitations, invitation_list, command, day))
    if command.dry_run:
        would_be_reminded = _would_be_reminded(chosen)
        return invitations.save(invitation_list, findings=tuple(would_be_reminded))
    for invitation in chosen:
        subject = invitations.seal(invitation.id, "subject", command.subject)
        text = invitations.seal(invitation.id, "text", command.text)
        invitation.remind(day, subject, text)
    written = letters.remind(invitations, chosen)
    return invitations.save(invitation_list, *chosen, *written)


def _chosen(
    invitations: Invitations, invitation_list: InvitationList, command: SendReminders, day: date
) -> Iterator[Invitation]:
    """Those that may be reminded on that day. Raises NotInvited if one that is named has no invitation."""
    for body_id in command.body_ids:
        invitations.invitation_of(invitation_list, body_id).ensure_invited()
    body_ids = dict.fromkeys(command.body_ids) or invitation_list.bodies
    for invitation in invitations.invitations_of(invitation_list, body_ids):
        if invitation.may_be_reminded_on(day) and _is_asked_for(invitation, command, day):
            yield invitation


def _is_asked_for(invitation: Invitation, command: SendReminders, day: date) -> bool:
    if invitation.body is None or invitation.waiting_since is None:
        return False
    waited = (day - berlin_day(invitation.waiting_since)).days
    return (
        (not command.categories or invitation.body.category in command.categories)
        and (not command.states or invitation.state in command.states)
        and (command.waiting_days is None or waited >= command.waiting_days)
    )


def _would_be_reminded(chosen: Iterable[Invitation]) -> Iterator[Finding]:
    for invitation in chosen:
        yield Finding(
            code="WouldBeReminded",
            rule="reminders",
            category=invitation.body.category if invitation.body else None,
            body_id=invitation.body_id,
            conference_id=invitation.conference_id,
        )


def begin_day(invitations: Invitations, day: date) -> None:
    """R12: forwarding becomes overdue, and whoever has not answered is reminded, before the day of the conference."""
    for list_id in invitations.ids_of(InvitationList):
        invitation_list = invitations.get(InvitationList, list_id)
        start = berlin_day(invitation_list.starts_at)
        if not invitation_list.is_open or day >= start:
            continue
        list_invitations = invitations.invitations_of(invitation_list, invitation_list.bodies)
        for invitation in list_invitations:
            reminders.begin_day(invitation, day, start)
        chased = [invitation for invitation in list_invitations if invitation.pending_events]
        if chased:
            invitations.save(*chased, *letters.remind(invitations, chased))
