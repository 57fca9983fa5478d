"""Commands with which an invited body answers, and says whom it sends.

R16: until the start of the conference, judged by the moment at which the answer was given.
"""

from collections.abc import Iterator
from typing import Any

from siko_contracts.commands.invitations import NameDeputy, Respond
from siko_contracts.values import Finding
from siko_core.eventsourced.application import Saved
from siko_core.sealed import Sealed

from siko_invitations.application import Invitations, ensure_not_backdated
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.participation import Deputy, ensure_own_deputy


def respond(invitations: Invitations, command: Respond) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.respond(
        command.answer,
        command.channel,
        invitations.seal(invitation.id, "comment", command.comment),
        in_time=invitation_list.takes_answers(invitations.effective_at),
        says_more=_says_more(
            invitations, invitation.id, "comment", invitation.comment, command.comment
        ),
    )
    return invitations.save(invitation)


def name_deputy(invitations: Invitations, command: NameDeputy) -> Saved:
    ensure_not_backdated(command.channel, command.effective_at)
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    ensure_own_deputy(command.body_id, command.of_body_id or command.body_id, command.named_by)
    invitation.name_deputy(
        Deputy(function=command.function, level=command.level),
        invitations.seal(invitation.id, "name", command.name),
        command.channel,
        in_time=invitation_list.takes_answers(invitations.effective_at),
        says_more=_says_more(
            invitations, invitation.id, "name", invitation.deputy_name, command.name
        ),
        findings=tuple(_also_deputies(invitations, invitation_list, command)),
    )
    return invitations.save(invitation)


def _also_deputies(
    invitations: Invitations, invitation_list: InvitationList, command: NameDeputy
) -> Iterator[Finding]:
    """R15: other bodies of the conference that the same person stands for.

    Decided: a person is known by the name alone, for functions are alike; without a name nothing is found. It needs no
    reason. The answer does not hold it: a partner body would learn who else is invited. The conference file does.
    """
    if command.name is None:
        return
    name = command.name.casefold()
    for other in invitations.invitations_of(invitation_list, invitation_list.bodies):
        if other.body_id == command.body_id or not other.is_sent or other.deputy_name is None:
            continue
        its_name = invitations.keyring.open(other.id, "name", other.deputy_name)
        if str(its_name).casefold() == name:
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
