"""Invitations on the bus: where each command and reaction lives."""

from siko_contracts.commands import invitations as commands
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import invitations as asked
from siko_core.write_service import WriteService

from siko_invitations.application import (
    Invitations,
    answers,
    attendance,
    contacts,
    dispatch,
    lists,
    reminders,
    texts,
)
from siko_invitations.application.policy import policy
from siko_invitations.publishing import CONTRACTS

service = WriteService(
    Invitations,
    CONTRACTS,
    follows=FOLLOWS["invitations"],
    policy=policy,
    commands={
        commands.SetContact: contacts.set_contact,
        commands.SetSender: contacts.set_sender,
        commands.AddBody: lists.add_body,
        commands.RemoveBody: lists.remove_body,
        commands.CheckCoverage: lists.check_coverage,
        commands.ReleaseInvitations: lists.release_invitations,
        commands.RecordDispatch: dispatch.record_dispatch,
        commands.SendReminders: reminders.send_reminders,
        commands.ConfirmForwarding: dispatch.confirm_forwarding,
        commands.WithdrawInvitation: dispatch.withdraw_invitation,
        commands.Respond: answers.respond,
        commands.NameDeputy: answers.name_deputy,
        commands.RecordAttendance: attendance.record_attendance,
        commands.RecordAttendances: attendance.record_attendances,
        commands.CorrectAttendance: attendance.correct_attendance,
    },
    queries={asked.Texts: texts.texts},
)


def main() -> None:
    service.main()
