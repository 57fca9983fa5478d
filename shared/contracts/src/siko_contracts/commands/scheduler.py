"""Commands of the scheduler."""

from datetime import date
from typing import Literal

from pydantic import Field

from siko_contracts.commands.base import Command, Effective
from siko_contracts.values import Area, Code, Id, Kind, Moment, Name, Route, Slug, Text


class RegisterAuthority(Command):
    NAME = "register_authority"
    authority_id: Slug
    name: Name
    kind: Literal["polizeipraesidium", "landrat"]
    district: Slug
    """Body id of the district government: `br-koeln`."""
    valid_from: date


class DissolveAuthority(Command):
    NAME = "dissolve_authority"
    authority_id: Slug
    valid_to: date


class AssignArea(Command):
    NAME = "assign_area"
    authority_id: Slug
    area: Area
    verified: bool = True
    valid_from: date
    valid_to: date | None = None


class TransferArea(Command):
    NAME = "transfer_area"
    area: Area
    to_authority_id: Slug
    valid_from: date


class GrantMotorwayDuty(Command):
    NAME = "grant_motorway_duty"
    authority_id: Slug
    sections: tuple[Name, ...] = ()
    verified: bool = True
    valid_from: date


class RevokeMotorwayDuty(Command):
    NAME = "revoke_motorway_duty"
    authority_id: Slug
    valid_to: date


class AppointHead(Command):
    NAME = "appoint_head"
    authority_id: Slug
    function: Name
    name: Name | None = None
    """Sealed."""
    valid_from: date


class RegisterBody(Command):
    NAME = "register_body"
    body_id: Slug
    name: Name
    category: Code
    areas: tuple[Area, ...] = ()
    motorway_authority_ids: tuple[Slug, ...] = ()
    route: Route
    via: Slug | None = None
    leadership_function: Name
    verified: bool = True
    valid_from: date


class ChangeBody(RegisterBody):
    NAME = "change_body"


class CloseBody(Command):
    NAME = "close_body"
    body_id: Slug
    valid_to: date


class ScheduleConference(Effective):
    NAME = "schedule_conference"
    conference_id: Id | None = None
    """A planned conference that gets its date."""
    authority_id: Slug
    kind: Kind
    areas: tuple[Area, ...] = ()
    sections: tuple[Name, ...] = ()
    starts_at: Moment
    ends_at: Moment | None = None
    """Default: two hours after the start (decided)."""
    place: Name


class RescheduleConference(Effective):
    NAME = "reschedule_conference"
    conference_id: Id
    starts_at: Moment
    ends_at: Moment | None = None
    place: Name | None = None
    reason: Text | None = None
    """Sealed."""


class PostponeConference(Effective):
    NAME = "postpone_conference"
    conference_id: Id
    reason: Text
    """Sealed."""


class CancelConference(Effective):
    NAME = "cancel_conference"
    conference_id: Id
    reason: Text
    """Sealed."""


class OpenConference(Effective):
    NAME = "open_conference"
    conference_id: Id


class RecordHeld(Effective):
    NAME = "record_held"
    conference_id: Id
    started_at: Moment
    ended_at: Moment


class AdvanceClock(Command):
    NAME = "advance_clock"
    as_of: Moment = Field(description="every day up to this one begins; never back")

    @property
    def brings_now(self) -> Moment | None:
        return self.as_of
