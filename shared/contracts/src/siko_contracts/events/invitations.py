"""Events of the stream SIKO_INVITATIONS."""

import operator
from datetime import date
from typing import Annotated

from pydantic import Field

from siko_contracts.events.base import Event
from siko_contracts.values import (
    AcceptedGap,
    AreaCoverage,
    Channel,
    CompetentBody,
    DeliveryCode,
    Finding,
    LetterKind,
    Level,
    ReminderAbout,
)

RecordedLate = Annotated[bool, Field(exclude_if=operator.not_)]
"""The release was entered after the start, with evidence that it had happened before; left out where it was not."""


class ListEvent(Event):
    conference_id: str


class InvitationListDerived(ListEvent):
    TYPE = "invitation_list_derived.v1"
    bodies: tuple[CompetentBody, ...]


class BodyAdded(ListEvent, CompetentBody):
    TYPE = "body_added.v1"


class BodyRemoved(ListEvent):
    TYPE = "body_removed.v1"
    body_id: str


class CoverageChecked(ListEvent):
    TYPE = "coverage_checked.v1"
    findings: tuple[Finding, ...]


class InvitationsReleased(ListEvent):
    """The convenor let the list out: his act, with coverage as of then."""

    TYPE = "invitations_released.v1"
    areas: tuple[AreaCoverage, ...]
    accepted_gaps: tuple[AcceptedGap, ...] = ()
    recorded_late: RecordedLate = False


class InvitationListFrozen(ListEvent):
    """Coverage at the start of the conference; the obligation is judged from this."""

    TYPE = "invitation_list_frozen.v1"
    areas: tuple[AreaCoverage, ...]
    accepted_gaps: tuple[AcceptedGap, ...] = ()
    recorded_late: RecordedLate = False


class InvitationEvent(Event):
    conference_id: str
    body_id: str


class InvitationDispatched(InvitationEvent):
    category: str
    areas: tuple[str, ...] = ()
    via: str | None = None


class InvitationSent(InvitationDispatched):
    TYPE = "invitation_sent.v1"


class InvitationSentToIntermediary(InvitationDispatched):
    TYPE = "invitation_sent_to_intermediary.v1"


class InvitationForwarded(InvitationDispatched):
    TYPE = "invitation_forwarded.v1"


class ForwardingReopened(InvitationEvent):
    """The conference has a new date: the intermediary forwards that too (R12, R14)."""

    TYPE = "forwarding_reopened.v1"


class ForwardingOverdue(InvitationDispatched):
    """The intermediary has not confirmed in time that it has forwarded the invitation (R12)."""

    TYPE = "forwarding_overdue.v1"
    due_on: date


class ReminderSent(InvitationEvent):
    """To a body that has not answered, or to the intermediary that has still to forward; never two of one day.

    `ruleset` is there where the ruleset sent it, and not a secretariat.
    """

    TYPE = "reminder_sent.v1"
    number: int
    about: ReminderAbout
    to_body_id: str


class HandedOver(InvitationEvent):
    """A letter has left the house. What people have carried and entered has no more than its channel."""

    TYPE = "handed_over.v1"
    channel: Channel
    kind: Annotated[LetterKind | None, Field(exclude_if=operator.not_)] = None
    letter: Annotated[str | None, Field(exclude_if=operator.not_)] = None
    """Id of the event with which it was written; the mail's Message-ID is made from it."""
    sha256: Annotated[str | None, Field(exclude_if=operator.not_)] = None
    """Of the whole mail, as the server got it."""


class DeliveryFailed(InvitationEvent):
    """A letter was refused for good, or came back. `letter`: id of the event with which it was written."""

    TYPE = "delivery_failed.v1"
    channel: Channel
    kind: LetterKind
    letter: str
    code: DeliveryCode


class InvitationAccepted(InvitationEvent):
    TYPE = "invitation_accepted.v1"
    channel: Channel


class InvitationTentativelyAccepted(InvitationEvent):
    TYPE = "invitation_tentatively_accepted.v1"
    channel: Channel


class InvitationDeclined(InvitationEvent):
    TYPE = "invitation_declined.v1"
    channel: Channel


class DeputyNamed(InvitationEvent):
    TYPE = "deputy_named.v1"
    channel: Channel
    level: Level
    findings: Annotated[tuple[Finding, ...], Field(exclude_if=operator.not_)] = ()
    """That the same person stands for another body too (R15); left out where it does not."""


class ResponseInvalidated(InvitationEvent):
    TYPE = "response_invalidated.v1"


class AnswerLinkIssued(InvitationEvent):
    """The body can answer by one more link; what the link carries is told nobody but who asked for it."""

    TYPE = "answer_link_issued.v1"


class AnswerLinksRevoked(InvitationEvent):
    TYPE = "answer_links_revoked.v1"


class ReplyHeld(Event):
    """Something came to the mailbox that is not counted as an answer; its words are sealed in the service.

    `conference_id` and `body_id` where it names an invitation of the authority.
    """

    TYPE = "reply_held.v1"
    reply_id: str
    cause: str
    conference_id: str | None = None
    body_id: str | None = None
    answer: str | None = None


class ReplySettled(Event):
    TYPE = "reply_settled.v1"
    reply_id: str


class InvitationWithdrawn(InvitationEvent):
    TYPE = "invitation_withdrawn.v1"


class AttendanceRecorded(InvitationEvent):
    TYPE = "attendance_recorded.v1"
    attended: bool
    level: Level | None = None


class AttendanceCorrected(AttendanceRecorded):
    TYPE = "attendance_corrected.v1"
