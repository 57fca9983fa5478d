"""Invitations on the bus: where each command and reaction lives, and what leaves the house beside them."""

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from siko_contracts.commands import invitations as commands
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import invitations as asked
from siko_core.identity.attempts import Attempts
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Page
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


def _sending(running: WriteService[Invitations]) -> Sequence[Coroutine[Any, Any, None]]:
    """Send mails where a way for them is configured."""
    if not (running.settings.smtp_url or running.settings.mail_folder):
        return ()
    # whoever sends no mails has no memory to spare for what composes them
    from siko_invitations.mail.sender import Sender  # noqa: PLC0415
    from siko_invitations.mail.transport import transport_of  # noqa: PLC0415

    transport = transport_of(running.settings)
    sender = Sender(running.application, running.writer, transport, take_lease=running.lease.take)
    return (sender.run(),)


def _previewed(log: EventLog, query: Any, now: datetime) -> Sequence[BaseModel] | Page:
    """Answer what the bodies are written; the first one who asks has what composes letters loaded, as for `_sending`."""
    from siko_invitations.mail.preview import ANSWERS  # noqa: PLC0415

    return ANSWERS[type(query)](log, query, now)


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
        commands.RecordFailedDelivery: dispatch.record_failed_delivery,
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
    queries={
        asked.Texts: texts.texts,
        asked.Letters: _previewed,
        asked.AttendanceSheet: _previewed,
        asked.Calendar: _previewed,
    },
    beside=lambda running: (*_sending(running), *watching(running)),
    attempts={commands.AnswerByLink: Attempts(UnknownAnswerLink.__name__)},
)


def main() -> None:
    service.main()
