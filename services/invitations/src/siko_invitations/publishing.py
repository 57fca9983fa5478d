"""What the world sees of invitations; the rest goes out as bare notices."""

from siko_contracts.events.invitations import (
    AnswerLinkIssued,
    AnswerLinksRevoked,
    AttendanceCorrected,
    AttendanceRecorded,
    BodyAdded,
    BodyRemoved,
    CoverageChecked,
    DeliveryFailed,
    DeputyNamed,
    ForwardingOverdue,
    ForwardingReopened,
    HandedOver,
    InvitationAccepted,
    InvitationDeclined,
    InvitationForwarded,
    InvitationListDerived,
    InvitationListFrozen,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationsReleased,
    InvitationTentativelyAccepted,
    InvitationWithdrawn,
    ReminderSent,
    ReplyHeld,
    ReplySettled,
    ResponseInvalidated,
)
from siko_core.publishing import Contracts, as_contract

from siko_invitations.domain.correspondence import Correspondence
from siko_invitations.domain.held_reply import HeldReply
from siko_invitations.domain.invitation import Invitation
from siko_invitations.domain.invitation_list import InvitationList

BODY = {name: f"body.{name}" for name in ("body_id", "category", "areas", "route", "via")}
DISPATCHED = {name: f"body.{name}" for name in ("category", "areas", "via")}

CONTRACTS: Contracts = {
    InvitationList.Derived: as_contract(InvitationListDerived),
    InvitationList.Renewed: as_contract(InvitationListDerived),
    InvitationList.BodyAdded: as_contract(BodyAdded, **BODY),
    InvitationList.BodyRemoved: as_contract(BodyRemoved),
    InvitationList.Checked: as_contract(CoverageChecked),
    InvitationList.Released: as_contract(InvitationsReleased),
    InvitationList.Frozen: as_contract(InvitationListFrozen),
    Invitation.Sent: as_contract(InvitationSent, **DISPATCHED),
    Invitation.SentToIntermediary: as_contract(InvitationSentToIntermediary, **DISPATCHED),
    Invitation.Forwarded: as_contract(InvitationForwarded, **DISPATCHED),
    Invitation.ForwardingReopened: as_contract(ForwardingReopened),
    Invitation.ForwardingOverdue: as_contract(ForwardingOverdue, **DISPATCHED),
    Invitation.Reminded: as_contract(ReminderSent, number="reminder"),
    Invitation.HandedOver: as_contract(HandedOver),
    Correspondence.HandedOver: as_contract(HandedOver),
    Correspondence.DeliveryFailed: as_contract(DeliveryFailed),
    Invitation.Accepted: as_contract(InvitationAccepted),
    Invitation.TentativelyAccepted: as_contract(InvitationTentativelyAccepted),
    Invitation.Declined: as_contract(InvitationDeclined),
    Invitation.DeputyNamed: as_contract(DeputyNamed, level="deputy.level"),
    Invitation.LinkIssued: as_contract(AnswerLinkIssued),
    Invitation.LinksRevoked: as_contract(AnswerLinksRevoked),
    Invitation.ResponseInvalidated: as_contract(ResponseInvalidated),
    Invitation.Withdrawn: as_contract(InvitationWithdrawn),
    Invitation.AttendanceRecorded: as_contract(AttendanceRecorded),
    Invitation.AttendanceCorrected: as_contract(AttendanceCorrected),
    HeldReply.Held: as_contract(ReplyHeld),
    HeldReply.Settled: as_contract(ReplySettled),
}
