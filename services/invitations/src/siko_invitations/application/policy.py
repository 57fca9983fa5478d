"""Reactions to the scheduler: lists follow their conference, bodies and authorities are noted, days bring reminders.

Repeats change nothing.
"""

from functools import singledispatch

from siko_contracts.events import Event
from siko_contracts.events.scheduler import (
    AuthorityRegistered,
    BodyClosed,
    BodyDescribed,
    ConferenceCancelled,
    ConferenceOpened,
    ConferencePlaced,
    ConferencePostponed,
    DayBegan,
    HeadAppointed,
    WordAdded,
)

from siko_invitations.application import Invitations, letters, reminders
from siko_invitations.domain.coverage import to_invite
from siko_invitations.domain.invitation import Cause
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import Description, KnownBody
from siko_invitations.domain.known_words import KnownWords
from siko_invitations.domain.ruleset import NRW_2024_1


@singledispatch
def policy(event: Event, invitations: Invitations) -> None:
    """No other event concerns invitations."""


@policy.register
def note_authority(event: AuthorityRegistered, invitations: Invitations) -> None:
    authority = invitations.find(KnownAuthority, KnownAuthority.create_id(event.authority_id))
    if authority is None:
        authority = KnownAuthority(
            authority_id=event.authority_id, district=event.district, name=event.name
        )
    authority.note(event.district, event.name)
    invitations.save(authority)


@policy.register
def note_head(event: HeadAppointed, invitations: Invitations) -> None:
    if authority := invitations.find(KnownAuthority, KnownAuthority.create_id(event.authority_id)):
        authority.note_head(event.function)
        invitations.save(authority)


@policy.register
def note_body(event: BodyDescribed, invitations: Invitations) -> None:
    description = Description.model_validate(event, from_attributes=True)
    body = invitations.find(KnownBody, KnownBody.create_id(event.body_id))
    if body is None:
        body = KnownBody(body_id=event.body_id, description=description)
    body.note(description)
    invitations.save(body)


@policy.register
def note_body_closed(event: BodyClosed, invitations: Invitations) -> None:
    if body := invitations.find(KnownBody, KnownBody.create_id(event.body_id)):
        body.note_closed(event.valid_to)
        invitations.save(body)


@policy.register
def note_word(event: WordAdded, invitations: Invitations) -> None:
    if event.vocabulary == "category":
        words = invitations.find_or_make(KnownWords, vocabulary=event.vocabulary)
        words.note(event.code, event.label)
        invitations.save(words)


@policy.register
def derive_or_renew(event: ConferencePlaced, invitations: Invitations) -> None:
    """The conference was scheduled or rescheduled, or other bodies became competent for it."""
    invitation_list = invitations.find_list(event.conference_id)
    if invitation_list is None:
        _derive(invitations, event)
    else:
        _renew(invitations, invitation_list, event)


def _derive(invitations: Invitations, event: ConferencePlaced) -> None:
    invitations.save(
        InvitationList(
            authority_id=event.authority_id,
            conference_id=event.conference_id,
            kind=event.kind,
            areas=event.areas,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            place=event.place,
            bodies=to_invite(event.kind, event.competent_bodies, NRW_2024_1),
        )
    )


def _renew(
    invitations: Invitations, invitation_list: InvitationList, event: ConferencePlaced
) -> None:
    """R14: a new date reopens the answers and the forwarding; a body that is no longer on the list is no longer invited."""
    bodies_before, date = set(invitation_list.bodies), invitation_list.starts_at
    invitation_list.renew(
        event.areas,
        event.starts_at,
        event.competent_bodies,
        convened=event.state == "CONVENED",
        ends_at=event.ends_at,
        place=event.place,
    )
    if not invitation_list.is_open:
        return
    dropped = sorted(bodies_before - set(invitation_list.bodies))
    dropped_invitations = invitations.invitations_of(invitation_list, dropped)
    remaining_invitations = invitations.invitations_of(invitation_list, invitation_list.bodies)
    withdrawn = [invitation for invitation in dropped_invitations if invitation.is_sent]
    for invitation in withdrawn:
        invitation.withdraw("no_longer_competent")
    for invitation in remaining_invitations:
        invitation.draft_again()
        if invitation_list.starts_at != date:
            invitation.invalidate_response()
            invitation.reopen_forwarding()
    written = [
        *letters.cancel(invitations, withdrawn, "no_longer_competent"),
        *letters.change(invitations, invitation_list, remaining_invitations),
    ]
    invitations.save(invitation_list, *dropped_invitations, *remaining_invitations, *written)


@policy.register
def postpone(event: ConferencePostponed, invitations: Invitations) -> None:
    if invitation_list := invitations.find_list(event.conference_id):
        invitation_list.postpone()
        _withdraw_all(invitations, invitation_list, "postponed")


@policy.register
def cancel(event: ConferenceCancelled, invitations: Invitations) -> None:
    if invitation_list := invitations.find_list(event.conference_id):
        invitation_list.cancel()
        _withdraw_all(invitations, invitation_list, "cancelled")


def _withdraw_all(invitations: Invitations, invitation_list: InvitationList, cause: Cause) -> None:
    if invitation_list.is_frozen:
        return
    list_invitations = invitations.invitations_of(invitation_list, invitation_list.bodies)
    sent_invitations = [invitation for invitation in list_invitations if invitation.is_sent]
    for invitation in sent_invitations:
        invitation.withdraw(cause)
    cancellations = letters.cancel(invitations, sent_invitations, cause)
    invitations.save(invitation_list, *sent_invitations, *cancellations)


@policy.register
def freeze(event: ConferenceOpened, invitations: Invitations) -> None:
    if invitation_list := invitations.find_list(event.conference_id):
        start = invitation_list.starts_at
        list_invitations = invitations.invitations_of(invitation_list, invitation_list.bodies)
        invitation_list.freeze(
            {
                invitation.body_id
                for invitation in list_invitations
                if invitation.was_sent_before(start)
            },
            letters.failed_bodies(invitations, list_invitations),
        )
        invitations.save(invitation_list)


@policy.register
def begin_day(event: DayBegan, invitations: Invitations) -> None:
    reminders.begin_day(invitations, event.date)
