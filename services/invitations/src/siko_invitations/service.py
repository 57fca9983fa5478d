"""Invitations on the bus."""

from siko_contracts.commands import invitations as commands
from siko_contracts.messages import FOLLOWS
from siko_core.service import WriteService

from siko_invitations.application import Invitations
from siko_invitations.publishing import CONTRACTS

service = WriteService(
    Invitations,
    CONTRACTS,
    follows=FOLLOWS["invitations"],
    commands={
        commands.SetContact: Invitations.set_contact,
        commands.AddBody: Invitations.add_body,
        commands.RemoveBody: Invitations.remove_body,
        commands.CheckCoverage: Invitations.check_coverage,
        commands.ReleaseInvitations: Invitations.release_invitations,
        commands.RecordDispatch: Invitations.record_dispatch,
        commands.ConfirmForwarding: Invitations.confirm_forwarding,
        commands.WithdrawInvitation: Invitations.withdraw_invitation,
        commands.Respond: Invitations.respond,
        commands.NameDeputy: Invitations.name_deputy,
        commands.RecordAttendance: Invitations.record_attendance,
        commands.CorrectAttendance: Invitations.correct_attendance,
    },
)


def main() -> None:
    service.main()
