"""Values that several contracts share. What commands hold refuses unknown fields, what events hold passes over them."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

NRW = "nrw"
"""Stands for the authority where a fact belongs to no single one: a body, the clock, a ruleset."""

Kind = Literal["siko", "siko_ap"]
Route = Literal["direct", "via"]
Level = Literal["head", "deputy_head", "other"]
Channel = Literal["portal", "itip", "mail", "phone", "letter"]
Classification = Literal["open", "vs_nfd"]

MANDATORY_CATEGORIES = (
    "public_prosecutor",
    "ordinary_court",
    "administration",
    "federal_police",
    "customs",
    "school_office",
    "youth_welfare_office",
)
"""The bodies that every conference of kind `siko` brings together: a minimum, never a closed list."""


def in_utc(moment: datetime) -> datetime:
    if not 1900 <= moment.year < 2200:  # noqa: PLR2004 - calendars and zones end somewhere
        raise ValueError("a time of the years 1900 to 2199")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A point in time, RFC 3339 with offset; kept and written in UTC."""

Id = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, pattern=r"^[^\s.*>@\x00-\x1f/][^.*>@\x00-\x1f]*$"
    ),
]
"""Text id (contracts §2): no dot, wildcard, `@` or control character, so that subjects stay whole."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""An open list's entry: a category, a topic area, an outcome."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
"""A register object's code, also part of a subject: `pp-koeln`, `stadt-koeln`."""

NewId = Annotated[
    str,
    StringConstraints(
        to_lower=True,
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-79a-fA-F][0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    ),
]
"""What a command may name a created thing: a UUID, but of version 8, in which services derive ids themselves.

So nobody takes an id that a service composes (`agenda:…`) or derives. What exists is named by `Id`, whatever its id.
"""
NO_CODE = f"^({NRW}|clock|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$"
"""What the services use themselves, and the form of created things' ids."""


def _ensure_code(code: str) -> str:
    if re.fullmatch(NO_CODE, code):
        raise ValueError("a code of its own: no UUID, and neither 'nrw' nor 'clock'")
    return code


NewCode = Annotated[
    Slug,
    AfterValidator(_ensure_code),
    Field(json_schema_extra={"not": {"pattern": NO_CODE}}),
]
"""The code of what is registered: never the id of what is created."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Area = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^.*>@/\x00-\x1f]+$"
    ),
]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")


class Told(Value):
    """Part of an event: tolerant, as events are, of fields that a later version added."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="ignore")


class Actor(Told):
    """Who acted: a function at a body, never a person."""

    function: str
    body_id: str

    @classmethod
    def parse(cls, text: str) -> "Actor":
        """`secretariat@pp-koeln`; ValueError where a part is missing."""
        function, _, body_id = text.partition("@")
        if not function or not body_id:
            raise ValueError(f"an actor is <function>@<body_id>, not {text!r}")
        return cls(function=function, body_id=body_id)


class Finding(Told):
    """What speaks against a decision, or (as a gap) what is missing from a conference's list."""

    code: str
    rule: str
    area: str | None = None
    category: str | None = None
    body_id: str | None = None
    conference_id: str | None = None


class CompetentBody(Told):
    """A body that the scheduler found competent on a conference's date (R9)."""

    body_id: str
    category: str
    areas: tuple[str, ...] = ()
    route: Route = "direct"
    via: str | None = None


class Credit(Told):
    body_id: str
    category: str


class AreaCoverage(Told):
    """Coverage of one area (null for `siko_ap`): does the conference count (R3, R34), who, what is missing."""

    area: str | None
    counts: bool
    credited: tuple[Credit, ...] = ()
    gaps: tuple[Finding, ...] = ()


class AcceptedGap(Told):
    """A gap that the convenor accepted; a part left out means: any."""

    area: str | None = None
    category: str | None = None
    body_id: str | None = None


class Debtor(Told):
    """Who owed an obligation in which part of its year (R6); `to` is the last day, open if null."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True
    )

    authority_id: str
    from_: date = Field(alias="from")
    to: date | None = None


class Outcome(Told):
    """What a discussion led to, without its words (those are sealed)."""

    kind: str
    refers_to: str | None = None
