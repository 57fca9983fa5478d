"""Views of reporting: what may be asked of them, and what an answer's items hold."""

from datetime import date

from siko_contracts.queries.base import AnyYear, Item, ListQuery, Query
from siko_contracts.values import (
    Area,
    AreaCoverage,
    Code,
    Debtor,
    Finding,
    Id,
    Kind,
    Moment,
    Name,
    Outcome,
    Route,
    Slug,
)


class Compliance(ListQuery):
    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    kind: Kind | None = None


class Conferences(ListQuery):
    authority_id: Slug | None = None
    year: AnyYear | None = None
    state: Name | None = None
    kind: Kind | None = None


class Conference(Query):
    conference_id: Id


class Invitations(ListQuery):
    conference_id: Id | None = None
    body_id: Slug | None = None
    state: Name | None = None


class SituationTopics(ListQuery):
    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    topic_area: Code | None = None


class Actions(ListQuery):
    authority_id: Slug | None = None
    body_id: Slug | None = None
    state: Name | None = None
    overdue: bool | None = None


class Withdrawn(ListQuery):
    """Events that their producer has lost (`history_lost`): they count in no view."""

    producer: Slug | None = None


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
    reminders: int = 0


class SituationTopicItem(Item):
    topic_area: str
    area: str
    year: int
    discussed: int = 0
    outcomes: dict[str, int] = {}
    focal_points_open: int = 0
    actions_open: int = 0
    conference_ids: list[str] = []


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


class ConferenceFile(ConferenceItem):
    """Everything of one conference."""

    invitations: list[InvitationItem]
    coverage: list[AreaCoverage]
    agenda: list[AgendaItem]
    outcomes: list[OutcomeItem]
    actions: list[ActionItem]
    minutes: None = None


class WithdrawnItem(Item):
    producer: str
    position: int
    type: str
    event_id: str
    aggregate_id: str
    recorded_at: Moment
    withdrawn_at: Moment
    """When the loss became known; an answer `as_of` an earlier moment still counts the event."""
