"""Values that several contracts share. What commands hold refuses unknown fields, what events hold passes over them."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from siko_contracts.characters import (
    IN_CLASS,
    IN_CLASS_OF_LINES,
    LINE,
    LINES,
    MOST_MARKS,
    NOT_STORABLE,
    code_point,
    too_marked,
)

NRW = "nrw"
"""Stands for the authority where a fact belongs to no single one: a body, the clock, a ruleset."""

Kind = Literal["siko", "siko_ap"]
Route = Literal["direct", "via"]
Level = Literal["head", "deputy_head", "other"]
Channel = Literal["portal", "itip", "mail", "phone", "letter"]
ReminderAbout = Literal["answer", "forwarding"]
LetterKind = Literal["invitation", "change", "cancellation", "reminder", "forwarding_request"]
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


MOST_CHARACTERS = 20_000
"""Of the longest text."""
FIRST_MARK = "\u0300"
"""What lies before it is in NFC."""
HIGHEST = 2**63 - 1
"""The highest number that both databases can hold."""


def in_utc(moment: datetime) -> datetime:
    """The same moment; ValueError outside the years 1900 to 2199, for calendars and zones end somewhere."""
    if 1900 <= moment.year < 2200:  # noqa: PLR2004 - before it is converted: that fails at year 1 and 9999
        moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        if 1900 <= moment.year < 2200:  # noqa: PLR2004 - as above
            return moment
    raise ValueError("a time of the years 1900 to 2199")


def one_line(text: Any) -> Any:
    """In NFC; what is no text is for its type to refuse. PydanticCustomError names what a line may not hold."""
    return _tidied(text, LINE)


def several_lines(text: Any) -> Any:
    """The same with line breaks, each as LF."""
    return _tidied(text.replace("\r\n", "\n") if isinstance(text, str) else text, LINES)


def as_stored(text: Any) -> Any:
    """As it is, to be compared with what is stored; PydanticCustomError where no store can hold it."""
    if isinstance(text, str):
        _refuse(NOT_STORABLE, text)
    return text


def _tidied(text: Any, unseen: re.Pattern[str]) -> Any:
    if not isinstance(text, str) or (text.isascii() and text.isprintable()):
        return text
    if len(text) > MOST_CHARACTERS:
        return text  # its type refuses it for that, and it is not looked through before
    _refuse(unseen, text)
    if not text or max(text) < FIRST_MARK:
        return text
    if (at := too_marked(text)) is not None:
        raise PydanticCustomError(
            "too_many_marks",
            "character {place} has more than {most} combining marks",
            {"place": at, "most": MOST_MARKS},
        )
    return unicodedata.normalize("NFC", text)


def _refuse(unseen: re.Pattern[str], text: str) -> None:
    if found := unseen.search(text):
        raise PydanticCustomError(
            "unseen_character",
            "character {place} is {code}, which no text may hold here",
            {"place": found.start() + 1, "code": code_point(found[0])},
        )


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A point in time, RFC 3339 with offset; kept and written in UTC."""


def _within_years(moment: datetime) -> datetime:
    in_utc(moment)
    return moment


Written = Annotated[AwareDatetime, AfterValidator(_within_years)]
"""The same as it was written, with its own offset."""

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]

Position = Annotated[int, Field(ge=0, le=HIGHEST)]
"""Of an event in its service's log; 0 stands before the first one."""

DeliveryCode = Annotated[
    str, StringConstraints(pattern=r"^([245]\d\d|[245]\.\d{1,3}\.\d{1,3}|[a-z_]{1,40})$")
]
"""Why a letter was not delivered: a reply code (RFC 5321), a status (RFC 3463), or a word of ours; never a text."""

Line = BeforeValidator(one_line)
Lines = BeforeValidator(several_lines)

Id = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, pattern=rf"^[^\s.*>@/{IN_CLASS}][^.*>@{IN_CLASS}]*$"
    ),
    Line,
]
"""Text id (contracts §2): no dot, wildcard or `@`, and nothing unseen, so that subjects stay whole."""

Reference = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True
    ),
    Line,
]
"""Id of something that a service has made, a UUID: it goes onto the bus as it is, and so can carry no words."""

Stored = Annotated[
    str, StringConstraints(min_length=1, max_length=2000), BeforeValidator(as_stored)
]
"""An id as a store holds it, maybe from before its characters were looked at: to find what is there."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$"), Line]
"""An open list's entry: a category, a topic area, an outcome."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$"), Line]
"""A register object's code, also part of a subject: `pp-koeln`, `stadt-koeln`."""

NewId = Annotated[
    str,
    StringConstraints(
        to_lower=True,
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-79a-fA-F][0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    ),
    Line,
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

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=MOST_CHARACTERS,
        pattern=rf"^[^{IN_CLASS_OF_LINES}]*$",
    ),
    Lines,
]
"""Of several lines."""

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=300, pattern=rf"^[^{IN_CLASS}]*$"
    ),
    Line,
]
"""Of one line."""

Area = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=rf"^[^.*>@/{IN_CLASS}]+$"
    ),
    Line,
]

Function = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=rf"^[^@{IN_CLASS}]+$"), Line
]
"""As which an actor acts."""

MOST_ENTRIES = 500
"""Of a list: North Rhine-Westphalia has 396 municipalities and 47 police authorities."""
Slugs = Annotated[tuple[Slug, ...], Field(max_length=MOST_ENTRIES)]
Areas = Annotated[tuple[Area, ...], Field(max_length=MOST_ENTRIES)]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_ENTRIES)]


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
        """`secretariat@pp-koeln`; ValueError where a part is missing, or what no line may hold is in it."""
        function, _, body_id = str(one_line(text)).partition("@")
        if not function or not body_id:
            raise ValueError("an actor is <function>@<body_id>")
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
