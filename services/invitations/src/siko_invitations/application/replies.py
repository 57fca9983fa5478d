"""Commands on what comes back by mail: a calendar's reply is counted as the answer, all else is held to be looked at."""

import binascii
from base64 import b64decode
from typing import NamedTuple

from siko_contracts.commands.invitations import ImportReply, SettleReply
from siko_contracts.values import Finding
from siko_core.calendar import BERLIN
from siko_core.eventsourced.application import Saved
from siko_core.refusals import InvalidCommand, NotYetKnown, Refused
from siko_itip import replies as itip
from siko_itip.mails import Mail, read_mail

from siko_invitations.application import Invitations, letters
from siko_invitations.application.answers import Told, record_answer, record_deputy
from siko_invitations.domain.held_reply import HeldReply
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.participation import UNNAMED, Deputy, Origin, ReplyMark
from siko_invitations.domain.refusals import AnswerAfterStart, InvitationWithdrawn, NotInvited
from siko_invitations.domain.replies import ReplyRefused, ensure_own, ensure_present, is_of

CAUSES: dict[type[Refused], str] = {
    NotInvited: "not_invited",
    InvitationWithdrawn: "withdrawn",
    AnswerAfterStart: "after_start",
}
"""Why an answer is refused, in the words of the list."""


class Message(NamedTuple):
    """A message that was read: what the calendar answers, or why it is no reply."""

    mail: Mail | None
    reply: itip.Reply | None = None
    cause: str = ""


def read_message(command: ImportReply) -> Message:
    """Read the message beside the writer, for a stranger's file may take tenths of a second."""
    try:
        raw = b64decode(command.message, validate=True)
    except binascii.Error as error:
        raise InvalidCommand(message="no base64") from error
    try:
        mail = read_mail(raw)
    except itip.ReplyRefused as refused:
        return Message(None, cause=refused.reason)
    if mail.calendar is None:
        return Message(mail, cause="automatic" if mail.is_automatic else "to_be_read")
    try:
        return Message(mail, itip.read_reply(mail.calendar, mail.charset))
    except itip.ReplyRefused as refused:
        return Message(mail, cause=refused.reason)


def import_reply(invitations: Invitations, command: ImportReply, message: Message) -> Saved:
    """Nothing that came is lost: what is not counted is held, with the cause."""
    authority = KnownAuthority.create_id(command.authority_id)
    if invitations.find(KnownAuthority, authority) is None:
        raise NotYetKnown("the authority has not been heard of", field="authority_id")
    mail, reply = message.mail, message.reply
    if mail is None or reply is None:
        return _hold(invitations, command, message, message.cause)
    invitation_list = _list_of(invitations, command, reply)
    if invitation_list is None:
        return _hold(invitations, command, message, "unknown_conference")
    invitation = invitations.find_invitation(invitation_list, reply.body_id)
    try:
        if invitation is None:
            raise NotInvited
        return _count(invitations, invitation_list, invitation, mail, reply)
    except ReplyRefused as refused:
        return _hold(invitations, command, message, refused.reason, invitation)
    except tuple(CAUSES) as refused:
        return _hold(invitations, command, message, CAUSES[type(refused)], invitation)


def settle_reply(invitations: Invitations, command: SettleReply) -> Saved:
    held = invitations.get(HeldReply, command.reply_id, "reply_id")
    held.settle()
    return invitations.save(held)


def _list_of(
    invitations: Invitations, command: ImportReply, reply: itip.Reply
) -> InvitationList | None:
    """Another authority's conference is as one that there is not."""
    invitation_list = invitations.find_list(reply.conference_id)
    if invitation_list is None or invitation_list.authority_id != command.authority_id:
        return None
    return invitation_list


def _count(
    invitations: Invitations,
    invitation_list: InvitationList,
    invitation: Invitation,
    mail: Mail,
    reply: itip.Reply,
) -> Saved:
    """Record the answer. Raises ReplyRefused, or why no answer is taken."""
    contact = _contact(invitations, invitation.body_id)
    ensure_own(reply.attendee, mail.sender, contact, is_mail=mail.is_mail)
    invitation.ensure_invited()
    mark = ReplyMark(sequence=reply.sequence, stamp=min(reply.stamp, invitations.now))
    sequence = letters.sequence(invitations, invitation_list, invitation)
    ensure_present(mark, invitation.last_reply, sequence)
    sender = invitations.seal(invitation.id, "origin.sender", mail.sender)
    told = Told("itip", _words(reply), Origin(reply=mark, sender=sender))
    if reply.answer != "delegated":
        return record_answer(invitations, invitation_list, invitation, reply.answer, told)
    if reply.delegate is None or not is_of(reply.delegate.email, contact):
        raise ReplyRefused("foreign_deputy")  # R15
    name = reply.delegate.name or reply.delegate.email
    deputy = Deputy(function=UNNAMED, level="other")
    return record_deputy(invitations, invitation_list, invitation, deputy, name, told)


def _contact(invitations: Invitations, body_id: str) -> str:
    """The body's mail address, opened."""
    body = invitations.find(KnownBody, KnownBody.create_id(body_id))
    if body is None or body.email is None:
        raise ReplyRefused("no_contact")
    return str(invitations.keyring.open(body.id, "email", body.email))


def _words(reply: itip.Reply) -> str | None:
    """The comment, and the time that a COUNTER proposes."""
    words = [reply.comment] if reply.comment else []
    if reply.proposal:
        begin = reply.proposal.starts_at.astimezone(BERLIN)
        end = reply.proposal.ends_at.astimezone(BERLIN)
        until = f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%d.%m.%Y %H:%M}"
        words.append(f"Vorschlag: {begin:%d.%m.%Y %H:%M} bis {until} Uhr")
    return "\n".join(words) or None


def _hold(
    invitations: Invitations,
    command: ImportReply,
    message: Message,
    cause: str,
    invitation: Invitation | None = None,
) -> Saved:
    """Keep it for the secretariat. Ids are told only where they are those of an invitation: others are a stranger's words."""
    mail, reply = message.mail, message.reply
    reply_id = invitations.id_for(command)
    conference_id = invitation.conference_id if invitation else None
    body_id = invitation.body_id if invitation else None
    said = [_words(reply), _delegate(reply)] if reply else []
    text = "\n\n".join(filter(None, [*said, mail.text if mail else None]))
    held = HeldReply(
        authority_id=command.authority_id,
        reply_id=reply_id,
        cause=cause,
        conference_id=conference_id,
        body_id=body_id,
        answer=reply.answer if reply else None,
        sender=invitations.seal(reply_id, "sender", mail.sender if mail else None),
        attendee=invitations.seal(reply_id, "attendee", reply.attendee if reply else None),
        text=invitations.seal(reply_id, "text", text or None),
    )
    finding = Finding(
        code=ReplyRefused.__name__, rule=cause, conference_id=conference_id, body_id=body_id
    )
    return invitations.save(held, findings=[finding])


def _delegate(reply: itip.Reply) -> str | None:
    if reply.delegate is None:
        return None
    named = [reply.delegate.name, reply.delegate.email]
    return f"Vertretung: {', '.join(filter(None, named))}"
