"""What may be asked, and what an answer's items hold. A view's row may grow fields, never lose one."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from siko_contracts.values import (
    Area,
    AreaCoverage,
    Code,
    Debtor,
    Finding,
    Id,
    Kind,
    Moment,
    Outcome,
    Route,
    Slug,
)

DEFAULT_LIMIT = 500


class Query(BaseModel):
    """Parameters that every query knows; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    at_least: dict[str, Annotated[int, Field(ge=0)]] = {}
    """Wait (2 s at most) until these producers' positions have been seen, else `NotYetKnown`."""
    as_of: Moment | None = None
    """What had been recorded by then."""
    effective_on: date | None = None
    """What was true on that day."""


class ListQuery(Query):
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT
    cursor: str | None = None


class History(Query):
    aggregate_id: Annotated[str, Field(min_length=1)]


class Log(Query):
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = DEFAULT_LIMIT


class Compliance(ListQuery):
    authority_id: Slug | None = None
    area: Area | None = None
    year: int | None = None
    kind: Kind | None = None


class Conferences(ListQuery):
    authority_id: Slug | None = None
    year: int | None = None
    state: str | None = None
    kind: Kind | None = None


class Conference(Query):
    conference_id: Id


class Invitations(ListQuery):
    conference_id: Id | None = None
    body_id: Slug | None = None
    state: str | None = None


class SituationTopics(ListQuery):
    authority_id: Slug | None = None
    area: Area | None = None
    year: int | None = None
    topic_area: Code | None = None


class Actions(ListQuery):
    authority_id: Slug | None = None
    body_id: Slug | None = None
    state: str | None = None
    overdue: bool | None = None


class Withdrawn(ListQuery):
    """Events that their producer has lost (`history_lost`): they count in no view."""

    producer: Slug | None = None


class QueryAnswer(BaseModel):
    ok: Literal[True] = True
    as_of: Moment | None = None
    position: dict[str, int] = {}
    """Producer -> last position that the answer rests on."""
    complete: bool = True
    """Nothing that the answer may rest on is parked."""
    parked: list[str] = []
    """Ids of what is missing facts that are parked; the first ones, where they are many."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    """Cursor of the next page."""


class Item(BaseModel):
    model_config = ConfigDict(extra="ignore", serialize_by_alias=True)


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


class ConferenceItem(Item):
    conference_id: str
    authority_id: str
    kind: Kind | None = None
    areas: list[str] = []
    sections: list[str] = []
    starts_at: Moment | None = None
    place: str | None = None
    state: str | None = None


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


QUERIES: dict[str, dict[str, type[Query]]] = {
    **{
        service: {"history": History, "log": Log}
        for service in ("scheduler", "invitations", "agenda")
    },
    "reporting": {
        "actions": Actions,
        "compliance": Compliance,
        "conference": Conference,
        "conferences": Conferences,
        "invitations": Invitations,
        "situation_topics": SituationTopics,
        "withdrawn": Withdrawn,
    },
}
"""Service -> query -> its parameters."""
