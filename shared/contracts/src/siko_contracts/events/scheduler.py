"""Events of the stream SIKO_SCHEDULER."""

from datetime import date

from siko_contracts.events.base import Event
from siko_contracts.values import CompetentBody, Debtor, Finding, Kind, Moment, Route


class AuthorityRegistered(Event):
    TYPE = "authority_registered.v1"
    name: str
    kind: str
    district: str
    valid_from: date


class AuthorityDissolved(Event):
    TYPE = "authority_dissolved.v1"
    valid_to: date


class AreaAssigned(Event):
    TYPE = "area_assigned.v1"
    area: str
    verified: bool
    valid_from: date
    valid_to: date | None = None


class AreaReleased(Event):
    TYPE = "area_released.v1"
    area: str
    valid_to: date


class MotorwayDutyGranted(Event):
    TYPE = "motorway_duty_granted.v1"
    sections: tuple[str, ...]
    verified: bool
    valid_from: date


class MotorwayDutyRevoked(Event):
    TYPE = "motorway_duty_revoked.v1"
    valid_to: date


class HeadAppointed(Event):
    TYPE = "head_appointed.v1"
    function: str
    valid_from: date


class BodyDescribed(Event):
    """A body as the register has it from `valid_from` on."""

    body_id: str
    name: str
    category: str
    areas: tuple[str, ...] = ()
    motorway_authority_ids: tuple[str, ...] = ()
    route: Route
    via: str | None = None
    leadership_function: str
    verified: bool
    valid_from: date


class BodyRegistered(BodyDescribed):
    TYPE = "body_registered.v1"


class BodyChanged(BodyDescribed):
    TYPE = "body_changed.v1"


class BodyClosed(Event):
    TYPE = "body_closed.v1"
    body_id: str
    valid_to: date
    into_body_id: str | None = None


class WordAdded(Event):
    """The ministry added a word to a vocabulary; `label` is what people read for it."""

    TYPE = "word_added.v1"
    vocabulary: str
    code: str
    label: str


class ConferenceEvent(Event):
    conference_id: str


class ConferencePlanned(ConferenceEvent):
    """Without a date yet; `month` is `2027-05`."""

    TYPE = "conference_planned.v1"
    kind: Kind
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    year: int | None = None
    month: str | None = None


class ConferenceAbsorbed(ConferenceEvent):
    """It was planned for a year, and another conference got the date that it stands for."""

    TYPE = "conference_absorbed.v1"
    into_conference_id: str


class ConferencePlaced(ConferenceEvent):
    """A conference has a date, and the bodies that are competent on it (R9)."""

    kind: Kind
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    starts_at: Moment
    ends_at: Moment
    place: str
    state: str
    competent_bodies: tuple[CompetentBody, ...]
    findings: tuple[Finding, ...] = ()
    previous_starts_at: Moment | None = None


class ConferenceScheduled(ConferencePlaced):
    TYPE = "conference_scheduled.v1"


class ConferenceRescheduled(ConferencePlaced):
    TYPE = "conference_rescheduled.v1"


class CompetentBodiesChanged(ConferencePlaced):
    TYPE = "competent_bodies_changed.v1"


class ConferencePostponed(ConferenceEvent):
    TYPE = "conference_postponed.v1"


class ConferenceCancelled(ConferenceEvent):
    TYPE = "conference_cancelled.v1"


class ConferenceConvened(ConferenceEvent):
    TYPE = "conference_convened.v1"


class ConferenceOpened(ConferenceEvent):
    TYPE = "conference_opened.v1"


class ConferenceHeld(ConferenceEvent):
    TYPE = "conference_held.v1"
    kind: Kind
    areas: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    started_at: Moment
    ended_at: Moment


class ConferenceClosed(ConferenceEvent):
    TYPE = "conference_closed.v1"


class ConferenceCorrected(ConferenceEvent):
    """What was recorded of a held conference was wrong: this is so."""

    TYPE = "conference_corrected.v1"
    starts_at: Moment
    ends_at: Moment
    place: str
    started_at: Moment | None = None
    ended_at: Moment | None = None
    state: str


class ObligationJudged(Event):
    """The verdict of one obligation changed; `area` is null where the scope is a motorway authority."""

    TYPE = "obligation_judged.v1"
    kind: Kind
    area: str | None
    year: int
    debtors: tuple[Debtor, ...]
    verdict: str
    gaps: tuple[Finding, ...] = ()
    evidence: tuple[str, ...]
    recorded_late: bool = False
    last_held_on: date | None = None


class NilReportRecorded(Event):
    """R7: a missed year has its report; the verdict stays."""

    TYPE = "nil_report_recorded.v1"
    kind: Kind
    area: str | None
    year: int


class DayBegan(Event):
    TYPE = "day_began.v1"
    date: date


class RulesetAdopted(Event):
    TYPE = "ruleset_adopted.v1"
    applies_from: date
