"""Commands on sent invitations: how they travel, and how they are withdrawn."""

from siko_contracts.commands.invitations import (
    ConfirmForwarding,
    RecordDispatch,
    RecordFailedDelivery,
    WithdrawInvitation,
)
from siko_core.eventsourced.application import Saved
from siko_core.refusals import NotFound, ensure_state

from siko_invitations.application import Invitations, ensure_not_backdated, letters


def record_dispatch(invitations: Invitations, command: RecordDispatch) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.hand_over(command.channel)
    return invitations.save(invitation)


def record_failed_delivery(invitations: Invitations, command: RecordFailedDelivery) -> Saved:
    """Raises NotFound if the body was not written that letter, and WrongState if it never began to leave."""
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    correspondence = letters.of(invitations, invitation)
    written = correspondence.letters.values() if correspondence else ()
    letter = next((each for each in written if each.event_id == command.letter), None)
    if correspondence is None or letter is None:
        raise NotFound("letter: the body was not written that one", field="letter")
    ensure_state(letter.status, "begun", "handed_over", "failed")
    correspondence.fail(letter.number, command.code)
    return invitations.save(correspondence)


def confirm_forwarding(invitations: Invitations, command: ConfirmForwarding) -> Saved:
    """R12: the district government confirms that it has forwarded the invitation."""
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.confirm_forwarding(command.by_body_id)
    return invitations.save(invitation)


def withdraw_invitation(invitations: Invitations, command: WithdrawInvitation) -> Saved:
    """The body leaves the list too, so that `add_body` can name it again."""
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.ensure_invited()
    invitation_list.remove(command.body_id)
    reason = invitations.keyring.seal(invitation.id, "reason", command.reason)
    invitation.withdraw("withdrawn", reason)
    cancellations = letters.cancel(invitations, [invitation], "withdrawn")
    return invitations.save(invitation, invitation_list, *cancellations)
