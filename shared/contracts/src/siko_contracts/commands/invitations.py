"""Commands of invitations."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from siko_contracts.access import HEADS, MINUTES, SECRETARIAT, Access
from siko_contracts.answers import Answer, LinkIssued
from siko_contracts.commands.base import Command, Effective
from siko_contracts.values import (
    MOST_ENTRIES,
    Area,
    Channel,
    DeliveryCode,
    Id,
    Level,
    Line,
    Name,
    Slug,
    Slugs,
    Stored,
    Text,
    Value,
)
from siko_contracts.words import Category

MOST_LINES = 10
"""Of an address."""
Token = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_-]{64}$"),
    Line,
    Field(examples=["AZLwxAAAcACAAAAAAAAAAQ" + "x" * 42]),
]
"""What an answer link carries: who has it answers for the body."""
MOST_MESSAGE = 700_000
"""Characters of a message in base64: 525 kB of mail."""
Message = Annotated[
    str,
    StringConstraints(min_length=4, max_length=MOST_MESSAGE, pattern=r"^[A-Za-z0-9+/]+={0,2}$"),
    Line,
    Field(examples=["QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo="]),
]
"""A mail, or a calendar file, in base64."""
MOST_DAYS = 3660


class SetContact(Effective):
    """All contact data are sealed."""

    NAME = "set_contact"
    ACCESS = Access(partner=True, free=("secretariat", "service"), body="body_id")
    body_id: Slug
    email: Name | None = None
    postal_address: Annotated[tuple[Name, ...], Field(max_length=MOST_LINES)] | None = None
    salutation: Name | None = None
    name: Name | None = None


class SetSender(Effective):
    """The function mailbox from which an authority's letters go out, and which reads the answers. It is sealed."""

    NAME = "set_sender"
    ACCESS = Access(own=SECRETARIAT, free=("ministry", "service"), names=("authority_id",))
    authority_id: Slug
    email: Name
    name: Name
    """As which mail programs show it."""


class AddBody(Effective):
    NAME = "add_body"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    purpose: Text


class RemoveBody(Effective):
    NAME = "remove_body"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    reason: Text
    """Sealed."""


class CheckCoverage(Effective):
    NAME = "check_coverage"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id


class GapAcceptance(Value):
    """A gap that is let pass, of one area and of one category or body. Never closes the gap in the verdict (R8)."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["category"]}, {"required": ["body_id"]}]}
    )

    area: Area
    category: Category | None = None
    body_id: Slug | None = None
    reason: Text
    """Sealed."""

    @model_validator(mode="after")
    def _names_a_gap(self) -> "GapAcceptance":
        if self.category is None and self.body_id is None:
            raise ValueError("name the category or the body of the gap: each is accepted by itself")
        return self


class ReleaseInvitations(Effective):
    """The convenor's act. A release that did happen before is entered with `effective_at` and its `evidence`."""

    NAME = "release_invitations"
    ACCESS = Access(own=("convenor",), names=("conference_id",), backdated_by=("convenor",))
    conference_id: Id
    accepted_gaps: Annotated[tuple[GapAcceptance, ...], Field(max_length=MOST_ENTRIES)] = ()
    evidence: Text | None = None
    """What shows that the list was released then, such as the letter and its date. Sealed."""

    @model_validator(mode="after")
    def _proves_the_past(self) -> "ReleaseInvitations":
        if (self.effective_at is None) != (self.evidence is None):
            raise ValueError(
                "effective_at and evidence belong together: both for a past release, or neither"
            )
        return self


class RecordDispatch(Effective):
    NAME = "record_dispatch"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    channel: Channel


class SendReminders(Command):
    """To bodies that have not answered, or to the intermediary that has still to forward; never two on one day.

    What is left out chooses all of them; what is given must all hold.
    """

    NAME = "send_reminders"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    categories: Annotated[tuple[Category, ...], Field(max_length=MOST_ENTRIES)] = ()
    states: Annotated[
        tuple[Literal["SENT", "SENT_TO_INTERMEDIARY", "FORWARDED"], ...], Field(max_length=3)
    ] = ()
    waiting_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] | None = None
    body_ids: Slugs = ()
    subject: Annotated[Name | None, Field(description="the mail's subject, in neutral words")] = (
        None
    )
    """Sealed."""
    text: Text | None = None
    """Sealed."""
    dry_run: bool = False


class RecordFailedDelivery(Effective):
    """A mail has come back, which its server had taken; `siko import bounce` reads the report."""

    NAME = "record_failed_delivery"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    letter: Stored
    """Id of the event with which the letter was written, as its Message-ID has it."""
    code: DeliveryCode


class ConfirmForwarding(Effective):
    NAME = "confirm_forwarding"
    ACCESS = Access(
        own=SECRETARIAT,
        partner=True,
        names=("conference_id",),
        body="by_body_id",
        open_to_partner=("body_id",),
    )
    conference_id: Id
    body_id: Slug
    by_body_id: Slug


class Respond(Effective):
    NAME = "respond"
    ACCESS = Access(
        own=SECRETARIAT,
        partner=True,
        names=("conference_id",),
        body="body_id",
        open_to_partner=("body_id",),
    )
    conference_id: Id
    body_id: Slug
    answer: Literal["accepted", "tentative", "declined"]
    channel: Channel
    comment: Text | None = None
    """Sealed."""


class NameDeputy(Effective):
    NAME = "name_deputy"
    ACCESS = Access(
        own=SECRETARIAT,
        partner=True,
        names=("conference_id",),
        body="body_id",
        open_to_partner=("body_id",),
    )
    conference_id: Id
    body_id: Slug
    of_body_id: Slug | None = None
    """The body whose deputy it is; default `body_id` (R15)."""
    named_by: Literal["leadership", "deputy"] = "leadership"
    function: Name
    level: Level
    name: Name | None = None
    """Sealed."""
    channel: Channel


class IssueAnswerLink(Command):
    """Make a link by which the body answers without signing in, until the conference starts. Earlier links stay usable."""

    NAME = "issue_answer_link"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    ANSWER: ClassVar[type[Answer]] = LinkIssued
    conference_id: Id
    body_id: Slug


class RevokeAnswerLink(Command):
    """Revoke all links of this invitation that were made so far."""

    NAME = "revoke_answer_link"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug


class AnswerByLink(Command):
    """The token says which invitation is answered; the program that shows the page passes it on. It happens now."""

    NAME = "answer_by_link"
    ACCESS = Access(free=("service",))
    token: Token
    source: Name
    """Where it came from, such as a network address: wrong tokens are limited by it. Nothing stores it."""
    answer: Literal["accepted", "tentative", "declined", "deputy"]
    comment: Text | None = None
    """Sealed."""
    function: Name | None = None
    """Of the deputy."""
    level: Level = "other"
    """Of the deputy; who is not said to be of the leadership is not."""
    name: Name | None = None
    """Of the deputy. Sealed."""


class ImportReply(Command):
    """Take what came back to an invitation: a calendar's reply counts as the answer; all else is held to be looked at.

    What is held has the finding `ReplyRefused`, whose `rule` is the cause, and stands in `unmatched_replies`.
    """

    NAME = "import_reply"
    ACCESS = Access(own=SECRETARIAT, free=("service",), names=("authority_id",))
    authority_id: Slug
    """Whose mailbox it came to."""
    message: Message


class SettleReply(Command):
    """What was held has been looked at."""

    NAME = "settle_reply"
    ACCESS = Access(own=SECRETARIAT, names=("reply_id",))
    reply_id: Id


class WithdrawInvitation(Effective):
    NAME = "withdraw_invitation"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    reason: Text
    """Sealed."""


class RecordAttendance(Effective):
    NAME = "record_attendance"
    ACCESS = Access(own=MINUTES, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    attended: bool
    level: Level | None = None
    """Required where the body attended."""


class AttendanceEntry(Value):
    """Of one body; `level` is required where it attended."""

    body_id: Slug
    attended: bool
    level: Level | None = None


class RecordAttendances(Effective):
    """Of many bodies at once: all of it is recorded, or nothing."""

    NAME = "record_attendances"
    ACCESS = Access(own=MINUTES, names=("conference_id",))
    conference_id: Id
    attendances: Annotated[
        tuple[AttendanceEntry, ...], Field(min_length=1, max_length=MOST_ENTRIES)
    ]


class CorrectAttendance(RecordAttendance):
    NAME = "correct_attendance"
    ACCESS = Access(own=MINUTES, names=("conference_id",))
    error: Text
    """Sealed."""
