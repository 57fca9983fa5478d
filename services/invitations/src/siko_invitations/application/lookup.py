"""How the commands find what they name."""

from collections.abc import Iterable
from typing import Any, ClassVar

from siko_contracts.values import Channel
from siko_core.eventsourced import EventSourcedApplication
from siko_core.refusals import InvalidCommand, NotYetKnown

from siko_invitations.domain import openness
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.refusals import NotInvited


class Lookup(EventSourcedApplication):
    """What comes from the scheduler is `NotYetKnown` where it has not been heard of."""

    NAMED: ClassVar = {"conference_id": (InvitationList, "list:{}")}
    HEARD_FROM_OTHERS = frozenset({"conference_id"})

    def is_open_to(self, body_id: str, field: str, command: Any) -> bool:
        """An invitation to its body and to who forwards it (R12), the conference to those of one of them (R38)."""
        invitations = self.find(InvitationList, f"list:{command.conference_id}")
        if invitations is None:
            return False
        named = [command.body_id]
        if field == "conference_id":
            named = openness.may_be_open_to(invitations, body_id)
        found = self.invitations_of(invitations, named)
        return any(openness.is_open_to(invitation, body_id) for invitation in found)

    def list_of(self, conference_id: str) -> InvitationList:
        found = self.find(InvitationList, f"list:{conference_id}")
        if found is None:
            raise NotYetKnown(
                "the conference has not been heard of", field="conference_id", id=conference_id
            )
        return found

    def known_body(self, body_id: str) -> KnownBody:
        found = self.find(KnownBody, f"known:{body_id}")
        if found is None:
            raise NotYetKnown("the body has not been heard of", field="body_id", id=body_id)
        return found

    def invitation_of(self, invitations: InvitationList, body_id: str) -> Invitation:
        found = self.find_invitation(invitations, body_id)
        if found is None:
            raise NotInvited(body_id=body_id)
        return found

    def find_invitation(self, invitations: InvitationList, body_id: str) -> Invitation | None:
        return self.find(Invitation, f"invitation:{invitations.conference_id}:{body_id}")

    def invitations_of(
        self, invitations: InvitationList, body_ids: Iterable[str]
    ) -> list[Invitation]:
        """Those that exist: an invitation is drafted when its list is released."""
        found = (self.find_invitation(invitations, body_id) for body_id in body_ids)
        return [invitation for invitation in found if invitation is not None]


def ensure_entered_when_it_happened(channel: Channel, effective_at: object) -> None:
    """Who answers through the portal answers now; only others enter what happened before."""
    if channel == "portal" and effective_at is not None:
        raise InvalidCommand(effective_at="leave it out: the portal records when it happens")
