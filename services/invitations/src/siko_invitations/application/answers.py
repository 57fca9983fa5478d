"""Commands with which an invited body answers, and says whom it sends.

R16: until the start of the conference, judged by the moment at which the answer was given.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from siko_contracts.commands.invitations import NameDeputy, Respond
from siko_contracts.values import Channel, Finding
from siko_core.eventsourced.application import Saved
from siko_core.sealed import Sealed

from siko_invitations.application import Invitations, ensure_not_backdated
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.participation import Answer, Deputy, Origin, ensure_own_deputy


class Told(NamedTuple):
    """How an answer came, and what was said with it."""

    channel: Channel
    comment: str | None = None
    origin: Origin | None = None

    @property
    def is_reply(self) -> bool:
        """A calendar's reply is recorded also where it says the same again: later ones are told from it."""
        return self.origin is not None and self.origin.reply is not None


def respond(invitations: Invitations, command: Respond) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    told = Told(command.channel, command.comment)
    return record_answer(invitations, invitation_list, invitation, command.answer, told)


def name_deputy(invitations: Invitations, command: NameDeputy) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    ensure_own_deputy(command.body_id, command.of_body_id or command.body_id, command.named_by)
    deputy = Deputy(function=command.function, level=command.level)
    told = Told(command.channel)
    return record_deputy(invitations, invitation_list, invitation, deputy, command.name, told)


def record_answer(
    invitations: Invitations,
    invitation_list: InvitationList,
    invitation: Invitation,
    answer: Answer,
    told: Told,
) -> Saved:
    invitation.respond(
        answer,
        told.channel,
        invitations.seal(invitation.id, "comment", told.comment),
        told.origin,
        in_time=invitation_list.takes_answers(invitations.effective_at),
        says_more=told.is_reply
        or _says_more(invitations, invitation.id, "comment", invitation.comment, told.comment),
    )
    return invitations.save(invitation)


def record_deputy(  # noqa: PLR0917 - what an answer is, and whose
    invitations: Invitations,
    invitation_list: InvitationList,
    invitation: Invitation,
    deputy: Deputy,
    name: str | None,
    told: Told,
) -> Saved:
    says_more = (
        told.is_reply
        or _says_more(invitations, invitation.id, "name", invitation.deputy_name, name)
        or _says_more(invitations, invitation.id, "comment", invitation.comment, told.comment)
    )
    invitation.name_deputy(
        deputy,
        invitations.seal(invitation.id, "name", name),
        told.channel,
        invitations.seal(invitation.id, "comment", told.comment),
        told.origin,
        in_time=invitation_list.takes_answers(invitations.effective_at),
        says_more=says_more,
        findings=tuple(_also_deputies(invitations, invitation_list, invitation.body_id, name)),
    )
    return invitations.save(invitation)


def _also_deputies(
    invitations: Invitations, invitation_list: InvitationList, body_id: str, name: str | None
) -> Iterator[Finding]:
    """R15: other bodies of the conference that the same person stands for.

    Decided: a person is known by the name alone, for functions are alike; without a name nothing is found. It needs no
    reason. The answer does not hold it: a partner body would learn who else is invited. The conference file does.
    """
    if name is None:
        return
    folded = name.casefold()
    for other in invitations.invitations_of(invitation_list, invitation_list.bodies):
        if other.body_id == body_id or not other.is_sent or other.deputy_name is None:
            continue
        its_name = invitations.keyring.open(other.id, "name", other.deputy_name)
        if str(its_name).casefold() == folded:
            yield Finding(
                code="DeputyForTwoBodies",
                rule="R15",
                body_id=other.body_id,
                conference_id=invitation_list.conference_id,
            )


def _says_more(
    invitations: Invitations, owner: str, field: str, before: Sealed[Any] | None, text: str | None
) -> bool:
    """Whether the text says something new. A sealed text can be compared only when it is opened."""
    if text is None or before is None:
        return text is not None
    return bool(invitations.keyring.open(owner, field, before) != text)
