"""Openness: an invitation is open to its body and to the one that forwards it (R12), until the withdrawal (R38)."""

from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList


def is_open_to(invitation: Invitation, body_id: str) -> bool:
    """As it was sent, whatever the list says since; what is drafted, or drafted again, has not been sent."""
    if invitation.body is None or invitation.state == "WITHDRAWN":
        return False
    return body_id in {invitation.body_id, invitation.body.via}


def may_be_open_to(invitation_list: InvitationList, body_id: str) -> list[str]:
    """Bodies on the list whose invitations may be open to this one: itself, and those that others forward to."""
    return [
        listed_id
        for listed_id, body in invitation_list.bodies.items()
        if listed_id == body_id or body.via is not None
    ]
