"""Who reads which texts of answers, lists and contacts (R38); sealed texts are opened for nobody else but the auditor."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from siko_contracts.queries.invitations import Texts
from siko_core.identity.identity import Identity
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Page, Past, Subject, Table, own_authority, read_texts

from siko_invitations.domain.held_reply import HeldReply
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.openness import is_open_to


def answered_it(reader: Identity, event: Invitation.Event, invitation: Invitation) -> bool:
    """The invited body, of its own invitation."""
    is_own = reader.role == "partner" and reader.held_for == event.body_id
    return is_own and is_open_to(invitation, reader.held_for)


def was_reminded(reader: Identity, event: Invitation.Reminded, invitation: Invitation) -> bool:
    """The body that the reminder was addressed to."""
    is_addressee = reader.role == "partner" and reader.held_for == event.to_body_id
    return is_addressee and is_open_to(invitation, reader.held_for)


def set_it(reader: Identity, event: KnownBody.ContactSet, _: None) -> bool:
    """The authority or the body that set the contact."""
    actor = event.metadata.actor
    return actor is not None and reader.held_for == actor.body_id


TABLE: Table = {
    InvitationList.BodyAdded: (own_authority,),
    InvitationList.BodyRemoved: (own_authority,),
    InvitationList.Released: (own_authority,),
    InvitationList.Frozen: (),  # repeats what stands in the release
    Invitation.Accepted: (own_authority, answered_it),
    Invitation.TentativelyAccepted: (own_authority, answered_it),
    Invitation.Declined: (own_authority, answered_it),
    Invitation.DeputyNamed: (own_authority, answered_it),
    Invitation.Reminded: (own_authority, was_reminded),
    Invitation.Withdrawn: (own_authority,),
    Invitation.AttendanceCorrected: (own_authority,),
    KnownBody.ContactSet: (set_it,),
    HeldReply.Held: (own_authority,),
    KnownAuthority.SenderSet: (own_authority,),
}


def texts(log: EventLog, query: Texts, _: datetime) -> Page:
    """Purposes, reasons, comments, names of deputies and contacts that the reader may read."""
    return read_texts(log, query, TABLE, _find)


def _find(past: Past, named: str) -> Iterator[Subject]:
    """Of a conference its list and invitations, of a body its present contact, of an authority its sender, and a reply
    that is held.
    """
    if found := past.find(InvitationList, InvitationList.create_id(named)):
        _, events = found
        yield Subject(named, events, None)
        for body_id in ever_listed(events):
            if invited := past.find(Invitation, Invitation.create_id(named, body_id)):
                invitation, its_events = invited
                yield Subject(named, its_events, invitation)
    if held := past.find(HeldReply, named):
        yield Subject(named, held[1], None)
    if body := past.find(KnownBody, KnownBody.create_id(named)):
        contacts = [event for event in body[1] if isinstance(event, KnownBody.ContactSet)]
        if contacts:
            yield Subject(named, contacts[-1:], None)
    if authority := past.find(KnownAuthority, KnownAuthority.create_id(named)):
        senders = [event for event in authority[1] if isinstance(event, KnownAuthority.SenderSet)]
        if senders:
            yield Subject(named, senders[-1:], None)


def ever_listed(events: Iterable[Any]) -> list[str]:
    """Bodies that have stood on the list: an invitation is made of what stands there."""
    bodies = [body for event in events for body in getattr(event, "bodies", ())]
    added = [event.body for event in events if isinstance(event, InvitationList.BodyAdded)]
    return list(dict.fromkeys(body.body_id for body in [*bodies, *added]))
