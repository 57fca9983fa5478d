"""The application of invitations: what its commands look up, and who may act on what they name.

The commands are functions in this package's modules, one module a topic; `policy` holds the reactions to the
scheduler's events. They load, call and save; `service.py` says which command lives where.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from siko_contracts.values import Channel
from siko_contracts.words import CATEGORIES
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.refusals import InvalidCommand, NotYetKnown

from siko_invitations.domain import openness
from siko_invitations.domain.held_reply import HeldReply
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.known_words import KnownWords
from siko_invitations.domain.refusals import NotInvited


class Invitations(EventSourcedApplication):
    """Invites the bodies that the scheduler found competent, and judges coverage.

    Raises NotYetKnown if the scheduler has not told of a conference or a body yet.
    """

    name = "invitations"
    NAMED: ClassVar = {
        "conference_id": (InvitationList, InvitationList.create_id),
        "reply_id": (HeldReply, str),
    }
    HEARD_FROM_OTHERS = frozenset({"conference_id"})

    def is_open_to(self, body_id: str, field: str, command: Any) -> bool:
        """An invitation to its body and to the one that forwards it (R12), the conference to those of any (R38)."""
        invitation_list = self.find_list(command.conference_id)
        if invitation_list is None:
            return False
        body_ids = [command.body_id]
        if field == "conference_id":
            body_ids = openness.may_be_open_to(invitation_list, body_id)
        invitations = self.invitations_of(invitation_list, body_ids)
        return any(openness.is_open_to(invitation, body_id) for invitation in invitations)

    def find_list(self, conference_id: str) -> InvitationList | None:
        return self.find(InvitationList, InvitationList.create_id(conference_id))

    def list_of(self, conference_id: str) -> InvitationList:
        invitation_list = self.find_list(conference_id)
        if invitation_list is None:
            raise NotYetKnown(
                "the conference has not been heard of", field="conference_id", id=conference_id
            )
        return invitation_list

    def known_body(self, body_id: str) -> KnownBody:
        body = self.find(KnownBody, KnownBody.create_id(body_id))
        if body is None:
            raise NotYetKnown("the body has not been heard of", field="body_id", id=body_id)
        return body

    @property
    def categories(self) -> Mapping[str, str]:
        """Code -> label: those of the ruleset, and those that the ministry has added."""
        words = self.find(KnownWords, KnownWords.create_id("category"))
        return words.known if words else CATEGORIES

    def find_invitation(self, invitation_list: InvitationList, body_id: str) -> Invitation | None:
        return self.find(Invitation, Invitation.create_id(invitation_list.conference_id, body_id))

    def invitation_of(self, invitation_list: InvitationList, body_id: str) -> Invitation:
        invitation = self.find_invitation(invitation_list, body_id)
        if invitation is None:
            raise NotInvited(body_id=body_id)
        return invitation

    def invitations_of(
        self, invitation_list: InvitationList, body_ids: Iterable[str]
    ) -> list[Invitation]:
        """The invitations of these bodies that exist: they are drafted when the list is released."""
        invitations = (self.find_invitation(invitation_list, body_id) for body_id in body_ids)
        return [invitation for invitation in invitations if invitation is not None]


def ensure_not_backdated(channel: Channel, effective_at: object) -> None:
    """Raises InvalidCommand if the portal says when it happened: what comes through it happens now."""
    if channel == "portal" and effective_at is not None:
        raise InvalidCommand(effective_at="leave it out: the portal records when it happens")
