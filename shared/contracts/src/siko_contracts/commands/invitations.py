"""Commands of invitations."""

from typing import Annotated, Literal

from pydantic import Field

from siko_contracts.access import HEADS, MINUTES, SECRETARIAT, Access
from siko_contracts.commands.base import Effective
from siko_contracts.values import (
    MOST_ENTRIES,
    Area,
    Channel,
    Code,
    Id,
    Level,
    Name,
    Slug,
    Text,
    Value,
)

MOST_LINES = 10
"""Of an address."""


class SetContact(Effective):
    """All contact data are sealed."""

    NAME = "set_contact"
    ACCESS = Access(partner=True, free=("secretariat", "service"), body="body_id")
    body_id: Slug
    email: Name | None = None
    postal_address: Annotated[tuple[Name, ...], Field(max_length=MOST_LINES)] | None = None
    salutation: Name | None = None
    name: Name | None = None


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
    """A gap that is let pass; a part left out means: any. Never closes the gap in the verdict (R8)."""

    area: Area | None = None
    category: Code | None = None
    body_id: Slug | None = None
    reason: Text
    """Sealed."""


class ReleaseInvitations(Effective):
    NAME = "release_invitations"
    ACCESS = Access(own=("convenor",), names=("conference_id",))
    conference_id: Id
    accepted_gaps: Annotated[tuple[GapAcceptance, ...], Field(max_length=MOST_ENTRIES)] = ()


class RecordDispatch(Effective):
    NAME = "record_dispatch"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    body_id: Slug
    channel: Channel


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


class CorrectAttendance(RecordAttendance):
    NAME = "correct_attendance"
    ACCESS = Access(own=MINUTES, names=("conference_id",))
    error: Text
    """Sealed."""
