"""Commands on a conference's list: who is on it, what is missing, and its release.

Every change of the list asks for a new check and a new release.
"""

from collections.abc import Iterator

from siko_contracts.commands.invitations import (
    AddBody,
    CheckCoverage,
    ReleaseInvitations,
    RemoveBody,
)
from siko_contracts.values import Finding
from siko_core.calendar import berlin_day
from siko_core.eventsourced.application import Saved
from siko_core.refusals import NotYetKnown
from siko_core.words import ensure_known

from siko_invitations.application import Invitations, letters
from siko_invitations.domain.coverage import Acceptance
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.refusals import NotAffected, UnknownBody
from siko_invitations.domain.school_route import SCHOOL_OFFICE, ensure_district


def add_body(invitations: Invitations, command: AddBody) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    body = invitations.known_body(command.body_id)
    _ensure_may_be_added(invitations, invitation_list, body)
    purpose = invitations.keyring.seal(invitation_list.id, "purpose", command.purpose)
    invitation_list.add(body.for_conference(invitation_list.areas), purpose)
    withdrawn_before = invitations.invitations_of(invitation_list, [command.body_id])
    for invitation in withdrawn_before:
        invitation.draft_again()
    return invitations.save(invitation_list, *withdrawn_before)


def remove_body(invitations: Invitations, command: RemoveBody) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    reason = invitations.keyring.seal(invitation_list.id, "reason", command.reason)
    invitation_list.remove(command.body_id, reason)
    body_invitations = invitations.invitations_of(invitation_list, [command.body_id])
    sent_invitations = [invitation for invitation in body_invitations if invitation.is_sent]
    for invitation in sent_invitations:
        invitation.withdraw("removed")
    cancellations = letters.cancel(invitations, sent_invitations, "removed")
    return invitations.save(invitation_list, *sent_invitations, *cancellations)


def check_coverage(invitations: Invitations, command: CheckCoverage) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    findings = invitation_list.check(tuple(_without_contact(invitations, invitation_list)))
    return invitations.save(invitation_list, findings=findings)


def release_invitations(invitations: Invitations, command: ReleaseInvitations) -> Saved:
    """R14: what was sent before a further release is not sent again.

    A release that happened before, entered with its evidence, sends as of then, and its letters went out then.
    """
    for number, gap in enumerate(command.accepted_gaps):
        if gap.category is not None:
            ensure_known(f"accepted_gaps.{number}.category", gap.category, invitations.categories)
    invitation_list = invitations.list_of(command.conference_id)
    accepted = tuple(
        Acceptance(
            area=gap.area,
            category=gap.category,
            body_id=gap.body_id,
            reason=invitations.keyring.seal(invitation_list.id, "accepted_gaps.reason", gap.reason),
        )
        for gap in command.accepted_gaps
    )
    evidence = invitations.seal(invitation_list.id, "evidence", command.evidence)
    findings = invitation_list.release(accepted, invitations.now, evidence)
    sent_invitations = [
        _send(invitations, invitation_list, body_id) for body_id in invitation_list.bodies
    ]
    written = [] if evidence else letters.invite(invitations, invitation_list, sent_invitations)
    return invitations.save(invitation_list, *sent_invitations, *written, findings=findings)


def _ensure_may_be_added(
    invitations: Invitations, invitation_list: InvitationList, body: KnownBody
) -> None:
    if not body.is_open_on(berlin_day(invitation_list.starts_at)):
        raise UnknownBody(field="body_id", valid_to=str(body.valid_to))
    authority_id = invitation_list.authority_id
    if invitation_list.kind == "siko_ap":
        if authority_id not in body.description.motorway_authority_ids:
            raise NotAffected(field="body_id", authority_id=authority_id)
    elif body.description.category == SCHOOL_OFFICE:
        authority = invitations.find(KnownAuthority, KnownAuthority.create_id(authority_id))
        if authority is None:
            raise NotYetKnown("the authority has not been heard of", id=authority_id)
        ensure_district(body.for_conference(invitation_list.areas), authority.district)


def _without_contact(
    invitations: Invitations, invitation_list: InvitationList
) -> Iterator[Finding]:
    """One finding for each body or intermediary that a letter or mail could not reach."""
    entries = invitation_list.bodies.values()
    for addressee in sorted({entry.via or entry.body_id for entry in entries}):
        body = invitations.find(KnownBody, KnownBody.create_id(addressee))
        if body is None or not body.has_contact:
            yield Finding(
                code="NoContact",
                rule="contact",
                body_id=addressee,
                conference_id=invitation_list.conference_id,
            )


def _send(invitations: Invitations, invitation_list: InvitationList, body_id: str) -> Invitation:
    """The body's invitation, drafted now if there is none, and sent."""
    invitation = invitations.find_invitation(invitation_list, body_id) or Invitation(
        authority_id=invitation_list.authority_id,
        conference_id=invitation_list.conference_id,
        body_id=body_id,
    )
    invitation.send(invitation_list.bodies[body_id])
    return invitation
