"""Invitations on the bus: where each command and reaction lives."""

from siko_contracts.commands import invitations as commands
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import invitations as asked
from siko_core.identity.attempts import Attempts
from siko_core.write_service import ReadFirst, WriteService

from siko_invitations.application import (
    Invitations,
    answers,
    attendance,
    contacts,
    dispatch,
    links,
    lists,
    reminders,
    replies,
    texts,
)
from siko_invitations.application.policy import policy
from siko_invitations.domain.refusals import UnknownAnswerLink
from siko_invitations.mailbox import watching
from siko_invitations.publishing import CONTRACTS

service = WriteService(
    Invitations,
    CONTRACTS,
    follows=FOLLOWS["invitations"],
    policy=policy,
    commands={
        commands.SetContact: contacts.set_contact,
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
        commands.IssueAnswerLink: links.issue_answer_link,
        commands.RevokeAnswerLink: links.revoke_answer_link,
        commands.AnswerByLink: links.answer_by_link,
        commands.ImportReply: ReadFirst(replies.read_message, replies.import_reply),
        commands.SettleReply: replies.settle_reply,
        commands.RecordAttendance: attendance.record_attendance,
        commands.RecordAttendances: attendance.record_attendances,
        commands.CorrectAttendance: attendance.correct_attendance,
    },
    queries={asked.Texts: texts.texts},
    watches=watching,
    attempts={commands.AnswerByLink: Attempts(UnknownAnswerLink.__name__)},
)


def main() -> None:
    service.main()
