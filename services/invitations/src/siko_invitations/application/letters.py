"""Letters that follow a decision: they are written with it, in the same commit, and leave the house beside the writer."""

from collections.abc import Iterable, Sequence

from siko_contracts.values import CompetentBody
from siko_core.eventsourced.application import Saved
from siko_itip.objects import Times, sequence_of

from siko_invitations.application import Invitations
from siko_invitations.domain.correspondence import Cause, Correspondence, Pins
from siko_invitations.domain.invitation import Cause as Withdrawal
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList
from siko_invitations.domain.known_authority import KnownAuthority
from siko_invitations.domain.known_body import KnownBody
from siko_invitations.domain.meeting import Meeting

CAUSES: dict[Withdrawal, Cause] = {"cancelled": "cancelled", "postponed": "postponed"}
"""Any other withdrawal is one of this body alone."""


def of(invitations: Invitations, invitation: Invitation) -> Correspondence | None:
    """The letters to the body; None of an invitation that people or an earlier version have carried."""
    id_ = Correspondence.create_id(invitation.conference_id, invitation.body_id)
    return invitations.find(Correspondence, id_)


def invite(
    invitations: Invitations, invitation_list: InvitationList, sent: Iterable[Invitation]
) -> list[Correspondence]:
    """Write to who is invited with this release, and of a change to who was written before (R14).

    Whoever was invited without a letter of ours was written to by people.
    """
    written = []
    for invitation in sent:
        is_new = bool(invitation.pending_events)
        if invitation.body is None or not (is_new or of(invitations, invitation)):
            continue
        correspondence = invitations.find_or_make(
            Correspondence,
            authority_id=invitation_list.authority_id,
            conference_id=invitation.conference_id,
            body_id=invitation.body_id,
        )
        write(correspondence, invitation.body, invitation_list.meeting)
        written.append(correspondence)
    return written


def write(correspondence: Correspondence, body: CompetentBody, meeting: Meeting) -> None:
    """What a body on a released list is written, if anything: that it is invited, or what has changed since."""
    to_body_id = body.via or body.body_id
    correspondence.change(to_body_id, meeting)
    correspondence.invite(to_body_id, meeting)


def change(
    invitations: Invitations, invitation_list: InvitationList, sent: Iterable[Invitation]
) -> list[Correspondence]:
    """Write of another time or place, to those that were written before; once the convenor has let the list out."""
    letters = []
    if invitation_list.state == "RELEASED":
        for invitation in sent:
            correspondence = of(invitations, invitation)
            if correspondence and invitation.is_sent and invitation.body is not None:
                to_body_id = invitation.body.via or invitation.body_id
                correspondence.change(to_body_id, invitation_list.meeting)
                letters.append(correspondence)
    return letters


def remind(invitations: Invitations, reminded: Iterable[Invitation]) -> list[Correspondence]:
    """Write to those that are reminded with this decision, and were written to before."""
    written = []
    for invitation in reminded:
        correspondence = of(invitations, invitation)
        for event in invitation.pending_events:
            if correspondence is not None and isinstance(event, Invitation.Reminded):
                correspondence.remind(event.to_body_id, event.event_id)
                written.append(correspondence)
    return written


def cancel(
    invitations: Invitations, withdrawn: Iterable[Invitation], cause: Withdrawal
) -> list[Correspondence]:
    found = [of(invitations, invitation) for invitation in withdrawn]
    letters = [correspondence for correspondence in found if correspondence is not None]
    for correspondence in letters:
        correspondence.cancel(CAUSES.get(cause, "withdrawn"))
    return letters


def times_of(meeting: Meeting) -> Times | None:
    """None where the end is unknown, so that there is no calendar object."""
    if meeting.ends_at is None:
        return None
    return Times(starts_at=meeting.starts_at, ends_at=meeting.ends_at)


def sequence(
    invitations: Invitations, invitation_list: InvitationList, invitation: Invitation
) -> int:
    """SEQUENCE of the conference as it is now, in the body's calendar: also where its letter is still to be written."""
    correspondence = of(invitations, invitation)
    written = correspondence.letters.values() if correspondence else ()
    editions = [
        None if letter.kind == "cancellation" else times_of(letter.meeting) for letter in written
    ]
    return sequence_of([*editions, times_of(invitation_list.meeting)])


def begin_handing_over(
    invitations: Invitations, correspondence_id: str, number: int
) -> tuple[Saved, Pins | None]:
    """What the letter is made of from now on; None if it must not go, or if it has no sender or no addressee."""
    correspondence = invitations.get(Correspondence, correspondence_id)
    letter = correspondence.letters[number]
    authority = invitations.find(
        KnownAuthority, KnownAuthority.create_id(correspondence.authority_id)
    )
    addressee = invitations.find(KnownBody, KnownBody.create_id(letter.to_body_id))
    body = invitations.find(KnownBody, KnownBody.create_id(correspondence.body_id))
    pins = None
    if authority and authority.has_sender and addressee and addressee.email and body:
        now = Pins(authority=authority.event_id, addressee=addressee.event_id, body=body.event_id)
        pins = correspondence.begin_handing_over(number, now)
    return invitations.save(correspondence), pins


def was_begun(invitations: Invitations, correspondence_id: str, number: int) -> bool:
    """Whether it may have left, for all that is recorded."""
    letter = invitations.get(Correspondence, correspondence_id).letters[number]
    return letter.status == "begun"


def withhold(invitations: Invitations, correspondence_id: str, number: int) -> Saved:
    correspondence = invitations.get(Correspondence, correspondence_id)
    correspondence.withhold(number)
    return invitations.save(correspondence)


def hand_over(invitations: Invitations, correspondence_id: str, number: int, sha256: str) -> Saved:
    correspondence = invitations.get(Correspondence, correspondence_id)
    correspondence.hand_over(number, sha256)
    return invitations.save(correspondence)


def fail(invitations: Invitations, correspondence_id: str, number: int, code: str) -> Saved:
    correspondence = invitations.get(Correspondence, correspondence_id)
    correspondence.fail(number, code)
    return invitations.save(correspondence)


def failed_bodies(invitations: Invitations, listed: Sequence[Invitation]) -> frozenset[str]:
    """Bodies whose last letter could not be delivered, and to which nobody has carried one since."""
    return frozenset(
        invitation.body_id
        for invitation in listed
        if (correspondence := of(invitations, invitation)) is not None
        and correspondence.has_failed
        and not invitation.handed_over
    )
