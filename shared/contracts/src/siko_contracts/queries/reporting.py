"""Views of reporting: what may be asked of them, and what an answer's items hold."""

from datetime import date
from typing import Literal

from siko_contracts.access import AT_AN_AUTHORITY, Access
from siko_contracts.queries.base import AnyYear, Item, ListQuery, Query
from siko_contracts.values import (
    Area,
    AreaCoverage,
    Debtor,
    Finding,
    Id,
    Kind,
    Level,
    Moment,
    Name,
    Outcome,
    Route,
    Slug,
)
from siko_contracts.words import TopicArea

AGGREGATES = Access(own=AT_AN_AUTHORITY, free=("ministry", "auditor"))
CONTENTS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",), sensitive=True)


class AgendaItem(Item):
    """A topic of the conference; `number` is its place on the agenda, null while it has none."""

    topic_id: str
    body_id: str | None = None
    topic_area: str | None = None
    classification: str | None = None
    number: int | None = None
    state: str = "SUBMITTED"


class OutcomeItem(Outcome):
    topic_id: str


class ActionItem(Item):
    action_id: str
    conference_id: str
    topic_id: str
    state: str
    lead_body_id: str
    contributing_body_ids: list[str]
    due_on: date
    follow_up_on: date | None
    overdue: bool = False


class Actions(ListQuery):
    NAME = "actions"
    ACCESS = CONTENTS
    ITEM = ActionItem

    authority_id: Slug | None = None
    body_id: Slug | None = None
    state: Name | None = None
    overdue: bool | None = None


class AttendanceItem(Item):
    """An invited body: what it announced, and who came. Before the attendance is recorded, the sheet for it."""

    conference_id: str
    authority_id: str | None = None
    starts_at: Moment | None = None
    body_id: str
    category: str | None = None
    areas: list[str] = []
    via: str | None = None
    answer: str = "OPEN"
    announced_level: str | None = None
    """Of the deputy that the body has named."""
    attended: bool | None = None
    """Null until it is recorded."""
    level: str | None = None
    """Of whoever came (R11)."""
    corrections: int = 0
    evidence: str | None = None
    """The event that recorded it, or corrected it last."""


class Attendance(ListQuery):
    NAME = "attendance"
    ACCESS = CONTENTS
    ITEM = AttendanceItem

    authority_id: Slug | None = None
    year: AnyYear | None = None
    conference_id: Id | None = None
    body_id: Slug | None = None
    attended: bool | None = None
    level: Level | None = None


class ComplianceItem(Item):
    authority_id: str
    area: str | None
    year: int
    kind: Kind
    verdict: str
    gaps: list[Finding]
    evidence: list[str]
    ruleset: str | None
    recorded_late: bool
    debtors: list[Debtor]
    days_since_last: int | None = None
    nil_reported: bool = False
    """R7: a missed year has its report."""


class Compliance(ListQuery):
    NAME = "compliance"
    ACCESS = AGGREGATES
    ITEM = ComplianceItem

    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    kind: Kind | None = None


class ConferenceItem(Item):
    conference_id: str
    authority_id: str
    kind: Kind | None = None
    areas: list[str] = []
    sections: list[str] = []
    starts_at: Moment | None = None
    place: str | None = None
    state: str | None = None
    month: str | None = None
    """For which a conference without a date is planned: `2027-05`."""


class InvitationItem(Item):
    conference_id: str
    body_id: str
    category: str | None = None
    areas: list[str] = []
    route: Route | None = None
    via: str | None = None
    state: str = "DRAFTED"
    answer: str = "OPEN"
    level: str | None = None
    sent_at: Moment | None = None
    forwarded_at: Moment | None = None
    overdue: bool = False
    """The intermediary has not confirmed in time (R12)."""
    reminders: int = 0
    answer_link: Literal["issued", "revoked"] | None = None
    """Whether the body can answer by a link, while the invitation is sent and the conference has not begun."""
    reminded_at: Moment | None = None
    dispatched_at: Moment | None = None
    """When it was handed over last, and by which channel; null until somebody or something has."""
    dispatched_by: str | None = None


class ConferenceFile(ConferenceItem):
    """Everything of one conference."""

    invitations: list[InvitationItem]
    coverage: list[AreaCoverage]
    agenda: list[AgendaItem]
    outcomes: list[OutcomeItem]
    actions: list[ActionItem]
    minutes: None = None
    findings: list[Finding] = []


class Conference(Query):
    NAME = "conference"
    ACCESS = CONTENTS
    ITEM = ConferenceFile

    conference_id: Id


class Conferences(ListQuery):
    NAME = "conferences"
    ACCESS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",))
    ITEM = ConferenceItem

    authority_id: Slug | None = None
    year: AnyYear | None = None
    state: Name | None = None
    kind: Kind | None = None


class Invitations(ListQuery):
    NAME = "invitations"
    ACCESS = CONTENTS
    ITEM = InvitationItem

    conference_id: Id | None = None
    body_id: Slug | None = None
    state: Name | None = None


class ForwardingItem(Item):
    """An invitation that an intermediary was asked to forward, and whether it has confirmed that (R12)."""

    conference_id: str
    authority_id: str | None = None
    body_id: str
    areas: list[str] = []
    via: str
    state: Literal["OPEN", "OVERDUE", "CONFIRMED", "WITHDRAWN"]
    asked_at: Moment
    """Or asked anew, after a new date of the conference."""
    due_on: date | None = None
    """Until when it had time; of what is or was overdue."""
    forwarded_at: Moment | None = None
    reminders: int = 0
    """Sent to the intermediary since it was asked."""
    starts_at: Moment | None = None
    evidence: list[str] = []


class Forwarding(ListQuery):
    NAME = "forwarding"
    ACCESS = CONTENTS
    ITEM = ForwardingItem

    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    conference_id: Id | None = None
    body_id: Slug | None = None
    via: Slug | None = None
    state: Name | None = None


class NeedItem(Item):
    """A need for action that a conference found: `answered` by an action or another outcome, `dismissed` with a reason."""

    conference_id: str
    topic_id: str
    topic_area: str
    areas: list[str] = []
    found_on: date
    state: Literal["open", "answered", "dismissed"]


class Needs(ListQuery):
    NAME = "needs"
    ACCESS = Access(own=AT_AN_AUTHORITY, free=("auditor",))
    ITEM = NeedItem

    authority_id: Slug | None = None
    conference_id: Id | None = None
    state: Name | None = None


class SituationTopicItem(Item):
    topic_area: str
    area: str
    year: int
    discussed: int = 0
    outcomes: dict[str, int] = {}
    focal_points_open: int = 0
    actions_open: int = 0
    conference_ids: list[str] = []


class SituationTopics(ListQuery):
    NAME = "situation_topics"
    ACCESS = AGGREGATES
    ITEM = SituationTopicItem

    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    topic_area: TopicArea | None = None


class UnmatchedReplyItem(Item):
    """What came to the mailbox and is no answer; who sent it, and what it says, `texts` tells by `reply_id`."""

    reply_id: str
    authority_id: str
    cause: str
    conference_id: str | None = None
    body_id: str | None = None
    answer: str | None = None
    received_at: Moment
    state: Literal["open", "settled"]


class UnmatchedReplies(ListQuery):
    NAME = "unmatched_replies"
    ACCESS = Access(own=AT_AN_AUTHORITY, free=("auditor",))
    ITEM = UnmatchedReplyItem

    authority_id: Slug | None = None
    conference_id: Id | None = None
    state: Name | None = None


class WithdrawnItem(Item):
    producer: str
    position: int
    type: str
    event_id: str
    aggregate_id: str
    recorded_at: Moment
    withdrawn_at: Moment
    """When the loss became known; an answer `as_of` an earlier moment still counts the event."""


class Withdrawn(ListQuery):
    """Events that their producer has lost (`history_lost`): they count in no view."""

    NAME = "withdrawn"
    ACCESS = Access(free=("operator", "auditor"))
    ITEM = WithdrawnItem

    producer: Slug | None = None
