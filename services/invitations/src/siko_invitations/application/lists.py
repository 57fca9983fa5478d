"""A conference's list: who is on it, what is missing, and its release."""

from collections.abc import Iterator

from siko_contracts.commands.invitations import (
    AddBody,
    CheckCoverage,
    ReleaseInvitations,
    RemoveBody,
)
from siko_contracts.values import Finding
from siko_core.calendar import berlin_day
from siko_core.eventsourced import Saved
from siko_core.refusals import NotYetKnown

from siko_invitations.application.lookup import Lookup
from siko_invitations.domain.coverage import Acceptance
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.refusals import NotAffected, UnknownBody
from siko_invitations.domain.school_route import SCHOOL_OFFICE, ensure_district


class ListCommands(Lookup):
    """Every change asks for a new check and a new release."""

    def add_body(self, command: AddBody) -> Saved:
        invitations = self.list_of(command.conference_id)
        known = self.known_body(command.body_id)
        self._ensure_may_be_added(invitations, known)
        purpose = self.keyring.seal(invitations.id, "purpose", command.purpose)
        invitations.add(known.for_conference(invitations.areas), purpose)
        again = self.invitations_of(invitations, [command.body_id])
        for invitation in again:
            invitation.draft_again()
        return self.save(invitations, *again)

    def _ensure_may_be_added(self, invitations: InvitationList, known: KnownBody) -> None:
        if not known.is_open_on(berlin_day(invitations.starts_at)):
            raise UnknownBody(field="body_id", valid_to=str(known.valid_to))
        if invitations.kind == "siko_ap":
            if invitations.authority_id not in known.description.motorway_authority_ids:
                raise NotAffected(field="body_id", authority_id=invitations.authority_id)
        elif known.description.category == SCHOOL_OFFICE:
            authority = self.find(KnownAuthority, f"known:{invitations.authority_id}")
            if authority is None:
                raise NotYetKnown(
                    "the authority has not been heard of", id=invitations.authority_id
                )
            ensure_district(known.for_conference(invitations.areas), authority.district)

    def remove_body(self, command: RemoveBody) -> Saved:
        invitations = self.list_of(command.conference_id)
        reason = self.keyring.seal(invitations.id, "reason", command.reason)
        invitations.remove(command.body_id, reason)
        sent = [i for i in self.invitations_of(invitations, [command.body_id]) if i.is_sent]
        for invitation in sent:
            invitation.withdraw("removed")
        return self.save(invitations, *sent)

    def check_coverage(self, command: CheckCoverage) -> Saved:
        invitations = self.list_of(command.conference_id)
        findings = invitations.check(tuple(self._without_contact(invitations)))
        return self.save(invitations, findings=findings)

    def _without_contact(self, invitations: InvitationList) -> Iterator[Finding]:
        """Whom a letter or mail would have to reach: the body, or its intermediary."""
        bodies = invitations.bodies.values()
        for addressee in sorted({b.via or b.body_id for b in bodies}):
            known = self.find(KnownBody, f"known:{addressee}")
            if known is None or not known.has_contact:
                yield Finding(
                    code="NoContact",
                    rule="contact",
                    body_id=addressee,
                    conference_id=invitations.conference_id,
                )

    def release_invitations(self, command: ReleaseInvitations) -> Saved:
        """R14: what was sent before a further release is not sent again."""
        invitations = self.list_of(command.conference_id)
        accepted = tuple(
            Acceptance(
                area=gap.area,
                category=gap.category,
                body_id=gap.body_id,
                reason=self.keyring.seal(invitations.id, "accepted_gaps.reason", gap.reason),
            )
            for gap in command.accepted_gaps
        )
        gaps = invitations.release(accepted)
        sent = [self._send(invitations, body_id) for body_id in invitations.bodies]
        return self.save(invitations, *sent, findings=gaps)

    def _send(self, invitations: InvitationList, body_id: str) -> Invitation:
        invitation = self.find_invitation(invitations, body_id) or Invitation(
            authority_id=invitations.authority_id,
            conference_id=invitations.conference_id,
            body_id=body_id,
        )
        invitation.send(invitations.bodies[body_id])
        return invitation
