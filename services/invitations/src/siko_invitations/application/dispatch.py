"""Commands on sent invitations: how they travel, and how they are withdrawn."""

from siko_contracts.commands.invitations import (
    ConfirmForwarding,
    RecordDispatch,
    WithdrawInvitation,
)
from siko_core.eventsourced.application import Saved

from siko_invitations.application import Invitations, ensure_not_backdated, letters


def record_dispatch(invitations: Invitations, command: RecordDispatch) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.hand_over(command.channel)
    return invitations.save(invitation)


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
