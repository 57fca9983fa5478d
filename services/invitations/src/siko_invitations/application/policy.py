"""What facts of the scheduler mean here (domain.md §3); every reaction is a no-op when already true."""

from functools import singledispatchmethod
from typing import Any

from siko_contracts.events import (
    AuthorityRegistered,
    BodyClosed,
    BodyDescribed,
    ConferenceCancelled,
    ConferenceOpened,
    ConferencePlaced,
    ConferencePostponed,
)

from siko_invitations.application.lookup import Lookup
from siko_invitations.domain.coverage import to_invite
from siko_invitations.domain.invitation import Cause
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import Description, KnownBody
from siko_invitations.domain.ruleset import NRW_2024_1


class Policy(Lookup):
    """Lists follow their conference; bodies and authorities are noted as the register has them."""

    @singledispatchmethod
    def policy(self, event: Any) -> None:
        """What is of no interest here passes by."""

    @policy.register
    def _(self, event: AuthorityRegistered) -> None:
        known = self.find(KnownAuthority, f"known:{event.authority_id}")
        if known is None:
            known = KnownAuthority(authority_id=event.authority_id, district=event.district)
        known.note(event.district)
        self.save(known)

    @policy.register
    def _(self, event: BodyDescribed) -> None:
        description = Description.model_validate(event, from_attributes=True)
        known = self.find(KnownBody, f"known:{event.body_id}")
        if known is None:
            known = KnownBody(body_id=event.body_id, description=description)
        known.note(description)
        self.save(known)

    @policy.register
    def _(self, event: BodyClosed) -> None:
        if known := self.find(KnownBody, f"known:{event.body_id}"):
            known.note_closed(event.valid_to)
            self.save(known)

    @policy.register
    def _(self, event: ConferencePlaced) -> None:
        """Scheduled, rescheduled, or other bodies became competent: derive the list, or renew it."""
        invitations = self.find(InvitationList, f"list:{event.conference_id}")
        if invitations is None:
            self._derive(event)
        else:
            self._renew(invitations, event)

    def _derive(self, event: ConferencePlaced) -> None:
        self.save(
            InvitationList(
                authority_id=event.authority_id,
                conference_id=event.conference_id,
                kind=event.kind,
                areas=event.areas,
                starts_at=event.starts_at,
                bodies=to_invite(event.kind, event.competent_bodies, NRW_2024_1),
            )
        )

    def _renew(self, invitations: InvitationList, event: ConferencePlaced) -> None:
        """R14: a new date reopens the answers; who is no longer on the list is no longer invited."""
        listed, date = set(invitations.bodies), invitations.starts_at
        invitations.renew(
            event.areas,
            event.starts_at,
            event.competent_bodies,
            convened=event.state == "CONVENED",
        )
        if not invitations.is_open:
            return
        left = self.invitations_of(invitations, sorted(listed - set(invitations.bodies)))
        named = self.invitations_of(invitations, invitations.bodies)
        for invitation in left:
            if invitation.is_sent:
                invitation.withdraw("no_longer_competent")
        for invitation in named:
            invitation.draft_again()
            if invitations.starts_at != date:
                invitation.invalidate_response()
        self.save(invitations, *left, *named)

    @policy.register
    def _(self, event: ConferencePostponed) -> None:
        if invitations := self.find(InvitationList, f"list:{event.conference_id}"):
            invitations.postpone()
            self._withdraw_all(invitations, "postponed")

    @policy.register
    def _(self, event: ConferenceCancelled) -> None:
        if invitations := self.find(InvitationList, f"list:{event.conference_id}"):
            invitations.cancel()
            self._withdraw_all(invitations, "cancelled")

    def _withdraw_all(self, invitations: InvitationList, cause: Cause) -> None:
        if invitations.is_frozen:
            return
        found = self.invitations_of(invitations, invitations.bodies)
        sent = [invitation for invitation in found if invitation.is_sent]
        for invitation in sent:
            invitation.withdraw(cause)
        self.save(invitations, *sent)

    @policy.register
    def _(self, event: ConferenceOpened) -> None:
        if invitations := self.find(InvitationList, f"list:{event.conference_id}"):
            found = self.invitations_of(invitations, invitations.bodies)
            invitations.freeze({invitation.body_id for invitation in found if invitation.is_sent})
            self.save(invitations)
