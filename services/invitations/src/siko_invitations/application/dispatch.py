"""How a sent invitation travels, and how it is taken back."""

from siko_contracts.commands.invitations import (
    ConfirmForwarding,
    RecordDispatch,
    WithdrawInvitation,
)
from siko_core.eventsourced import Saved

from siko_invitations.application.lookup import Lookup, ensure_entered_when_it_happened


class DispatchCommands(Lookup):
    """From the release on; forwarding is confirmed by the district government (R12)."""

    def record_dispatch(self, command: RecordDispatch) -> Saved:
        ensure_entered_when_it_happened(command.channel, command.effective_at)
        invitation = self.invitation_of(self.list_of(command.conference_id), command.body_id)
        invitation.hand_over(command.channel)
        return self.save(invitation)

    def confirm_forwarding(self, command: ConfirmForwarding) -> Saved:
        invitation = self.invitation_of(self.list_of(command.conference_id), command.body_id)
        invitation.confirm_forwarding(command.by_body_id)
        return self.save(invitation)

    def withdraw_invitation(self, command: WithdrawInvitation) -> Saved:
        """The body leaves the list too, so that `add_body` can name it again."""
        invitations = self.list_of(command.conference_id)
        invitation = self.invitation_of(invitations, command.body_id)
        invitation.ensure_invited()
        invitations.remove(command.body_id)
        reason = self.keyring.seal(invitation.id, "reason", command.reason)
        invitation.withdraw("withdrawn", reason)
        return self.save(invitation, invitations)
