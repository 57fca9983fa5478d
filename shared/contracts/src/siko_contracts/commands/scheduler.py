"""Commands of the scheduler."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from siko_contracts.access import AT_AN_AUTHORITY, HEADS, SECRETARIAT, Access
from siko_contracts.commands.base import Command, Effective
from siko_contracts.values import (
    Area,
    Areas,
    Code,
    Day,
    Id,
    Kind,
    Line,
    Moment,
    Name,
    Names,
    NewCode,
    Route,
    Slug,
    Slugs,
    Text,
    Written,
)
from siko_contracts.words import Category, Vocabulary

Year = Annotated[int, Field(ge=2000, le=2199)]
Month = Annotated[str, StringConstraints(pattern=r"^2[01][0-9][0-9]-(0[1-9]|1[0-2])$"), Line]
"""`2027-05`."""
REGISTER = Access(free=("ministry", "service"))
AREAS_AND_MOTORWAYS = ("areas", "motorway_authority_ids")


def _of_own_bodies(*names: str) -> Access:
    """A secretariat keeps the bodies of its own areas and motorways; those of several authorities the ministry does."""
    return Access(
        own=SECRETARIAT,
        free=("ministry", "service"),
        names=names,
        reserved=(("category", "district_government"),),
    )


class RegisterAuthority(Command):
    NAME = "register_authority"
    ACCESS = REGISTER
    authority_id: NewCode
    name: Name
    kind: Literal["polizeipraesidium", "landrat"]
    district: Slug
    """Body id of the district government: `br-koeln`."""
    valid_from: Day


class DissolveAuthority(Command):
    NAME = "dissolve_authority"
    ACCESS = REGISTER
    authority_id: Slug
    valid_to: Day


class AssignArea(Command):
    NAME = "assign_area"
    ACCESS = REGISTER
    authority_id: Slug
    area: Area
    verified: bool = True
    valid_from: Day
    valid_to: Day | None = None


class TransferArea(Command):
    NAME = "transfer_area"
    ACCESS = REGISTER
    area: Area
    to_authority_id: Slug
    valid_from: Day


class GrantMotorwayDuty(Command):
    NAME = "grant_motorway_duty"
    ACCESS = REGISTER
    authority_id: Slug
    sections: Names = ()
    verified: bool = True
    valid_from: Day


class RevokeMotorwayDuty(Command):
    NAME = "revoke_motorway_duty"
    ACCESS = REGISTER
    authority_id: Slug
    valid_to: Day


class AppointHead(Command):
    NAME = "appoint_head"
    ACCESS = Access(own=SECRETARIAT, free=("ministry", "service"), names=("authority_id",))
    authority_id: Slug
    function: Name
    name: Name | None = None
    """Sealed."""
    valid_from: Day


class RegisterBody(Command):
    NAME = "register_body"
    ACCESS = _of_own_bodies(*AREAS_AND_MOTORWAYS)
    body_id: NewCode
    name: Name
    category: Category
    areas: Areas = ()
    motorway_authority_ids: Slugs = ()
    route: Route
    via: Slug | None = None
    leadership_function: Name
    verified: bool = True
    valid_from: Day


class ChangeBody(RegisterBody):
    NAME = "change_body"
    ACCESS = _of_own_bodies("body_id", *AREAS_AND_MOTORWAYS)
    body_id: Slug


class CloseBody(Command):
    NAME = "close_body"
    ACCESS = Access(own=SECRETARIAT, free=("ministry", "service"), names=("body_id",))
    body_id: Slug
    valid_to: Day


class MergeBody(Command):
    """The body ends, and another one goes on with what it was competent for."""

    NAME = "merge_body"
    ACCESS = Access(
        own=SECRETARIAT, free=("ministry", "service"), names=("body_id", "into_body_id")
    )
    body_id: Slug
    into_body_id: Slug
    valid_to: Day | None = None
    """Last day of the body that ends; default: today."""


class AddWord(Command):
    """A vocabulary is data of the ruleset and stays open: a new word, with what people read for it."""

    NAME = "add_word"
    ACCESS = Access(free=("ministry",))
    vocabulary: Vocabulary
    code: Code
    label: Name
    """German."""


class PlanConference(Effective):
    """A conference without a date; the obligation stays open until it has one and was held."""

    NAME = "plan_conference"
    ACCESS = Access(own=SECRETARIAT, names=("authority_id",))
    authority_id: Slug
    kind: Kind
    areas: Areas = ()
    sections: Names = ()
    month: Month | None = None


class PlanYear(Effective):
    """One planned conference for each area of the authority, and one for its motorways, where the year has none."""

    NAME = "plan_year"
    ACCESS = Access(own=SECRETARIAT, names=("authority_id",))
    authority_id: Slug
    year: Year


class ScheduleConference(Effective):
    NAME = "schedule_conference"
    ACCESS = Access(own=SECRETARIAT, names=("authority_id", "conference_id", "like"))
    conference_id: Id | None = None
    """A planned conference that gets its date."""
    authority_id: Slug
    kind: Kind
    areas: Areas = ()
    """Default: those planned, or those of `like`."""
    sections: Names = ()
    """Default: as for areas, else those of the authority's duty."""
    starts_at: Written
    ends_at: Written | None = None
    """Default: as long as `like`, else two hours after the start (decided)."""
    place: Name | None = None
    """Default: that of `like`."""
    like: Id | None = None
    """A conference of the past: what is left out here is as it was then."""


class RescheduleConference(Effective):
    NAME = "reschedule_conference"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id
    starts_at: Written
    ends_at: Written | None = None
    place: Name | None = None
    reason: Text | None = None
    """Sealed."""


class PostponeConference(Effective):
    NAME = "postpone_conference"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id
    reason: Text
    """Sealed."""


class CancelConference(Effective):
    NAME = "cancel_conference"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id
    reason: Text
    """Sealed."""


class OpenConference(Effective):
    NAME = "open_conference"
    ACCESS = Access(own=AT_AN_AUTHORITY, names=("conference_id",))
    conference_id: Id


class RecordHeld(Effective):
    NAME = "record_held"
    ACCESS = Access(own=AT_AN_AUTHORITY, names=("conference_id",))
    conference_id: Id
    started_at: Moment
    ended_at: Moment


class CloseConference(Effective):
    NAME = "close_conference"
    ACCESS = Access(own=HEADS, names=("conference_id",))
    conference_id: Id


class CorrectConference(Effective):
    """What was recorded of a conference that was held was wrong; the only way into a sealed year."""

    NAME = "correct_conference"
    ACCESS = Access(own=SECRETARIAT, names=("conference_id",))
    conference_id: Id
    error: Text
    """What was wrong, and why. Sealed."""
    started_at: Moment | None = None
    ended_at: Moment | None = None
    place: Name | None = None


class RecordNilReport(Effective):
    """R7: why a missed year was missed; it stays missed."""

    NAME = "record_nil_report"
    ACCESS = Access(own=HEADS, names=("authority_id", "area"))
    kind: Kind
    area: Area | None = None
    """Of kind `siko`."""
    authority_id: Slug | None = None
    """Of kind `siko_ap`."""
    year: Year
    reason: Text
    """Sealed."""


class AdvanceClock(Command):
    NAME = "advance_clock"
    ACCESS = Access(free=("operator", "service"))
    as_of: Moment = Field(description="every day up to this one begins; never back")

    @property
    def brings_now(self) -> Moment | None:
        return self.as_of
