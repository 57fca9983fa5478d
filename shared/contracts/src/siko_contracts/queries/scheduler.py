"""What may be asked of the scheduler: the register, days, verdicts under another ruleset, and texts."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from siko_contracts.access import AT_AN_AUTHORITY, Access
from siko_contracts.queries.base import AnyYear, Item, Query
from siko_contracts.queries.texts import TextItem, TextsQuery
from siko_contracts.values import Area, Day, Finding, Kind, Moment, Name, Route, Slug


class RegisterItem(Item):
    """One fact with the time for which it holds; what it has no word for is null."""

    fact: Literal["authority", "head", "motorway_duty", "area", "body"]
    id: str
    """Of the authority, the area's name, or the body's."""
    valid_from: date
    valid_to: date | None = None
    authority_id: str | None = None
    name: str | None = None
    kind: str | None = None
    district: str | None = None
    function: str | None = None
    """Of the head, or of the body's leadership."""
    category: str | None = None
    areas: list[str] = []
    motorway_authority_ids: list[str] = []
    sections: list[str] = []
    route: Route | None = None
    via: str | None = None
    into_body_id: str | None = None
    verified: bool | None = None
    recorded_at: Moment
    event_id: str
    """Of the event that says so."""


class Register(Query):
    """The competence register as it was known (`as_of`), and as it held (`effective_on`; left out: all periods)."""

    NAME = "register"
    ACCESS = Access(free=(*AT_AN_AUTHORITY, "ministry", "auditor", "operator", "service"))
    ITEM = RegisterItem

    authority_id: Slug | None = None
    area: Area | None = None
    body_id: Slug | None = None


class FreeDayItem(Item):
    day: date
    suits: bool
    """Nothing speaks against it that would need a reason."""
    against: list[Finding] = []


class FreeDays(Query):
    """Days on which the authority can meet, with what speaks against each."""

    NAME = "free_days"
    ACCESS = Access(own=AT_AN_AUTHORITY, free=("auditor",), names=("authority_id",))
    ITEM = FreeDayItem

    model_config = ConfigDict(populate_by_name=True)

    authority_id: Slug
    from_: Day = Field(alias="from")
    to: Day
    """At most a year and a day after `from`."""


class WhatIfItem(Item):
    kind: Kind
    authority_id: str
    area: str | None
    year: int
    verdict: str
    ruleset: str
    gaps: list[Finding]
    evidence: list[str]
    recorded_verdict: str | None
    recorded_ruleset: str | None
    differs: bool


class WhatIf(Query):
    """Verdicts as another ruleset would have them; nothing is recorded."""

    NAME = "what_if"
    ACCESS = Access(free=("ministry", "auditor"))
    ITEM = WhatIfItem

    ruleset: Name
    authority_id: Slug | None = None
    area: Area | None = None
    year: AnyYear | None = None
    kind: Kind | None = None


class Texts(TextsQuery):
    """Reasons and errors of these conferences; names of heads, and reasons of nil reports, of these authorities."""

    NAME = "texts"
    ACCESS = Access(own=AT_AN_AUTHORITY, free=("ministry", "auditor"), sensitive=True)
    ITEM = TextItem
