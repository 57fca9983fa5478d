"""What may be asked of invitations: texts of answers, lists and contacts, and what is written to the bodies."""

from typing import Any, Literal

from siko_contracts.access import AT_AN_AUTHORITY, HEADS, Access
from siko_contracts.queries.base import Item, ListQuery, Query
from siko_contracts.queries.texts import TextItem, TextsQuery
from siko_contracts.values import Channel, Finding, Id, LetterKind, Moment, Slug

LetterState = Literal["drafted", "due", "begun", "handed_over", "failed", "void"]
OF_ITS_OWN_CONFERENCE = Access(own=HEADS, free=("auditor",), sensitive=True)


class Texts(TextsQuery):
    """What was said about the invitations of these conferences, and the contacts of these bodies."""

    NAME = "texts"
    ACCESS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",), sensitive=True)
    ITEM = TextItem


class Document(Item):
    """A document as it is laid out by siko-documents: the template's name, and the data that it takes."""

    file_name: str
    """Neutral, without its ending."""
    template: Literal["letter", "attendance"]
    page: dict[str, Any]


class LetterItem(Item):
    """A letter to a body: one that was written, or one that the release of the list would write."""

    conference_id: str
    body_id: str
    """The invited body."""
    via: str | None = None
    """The body that the letter goes to, if it is to forward it (R12)."""
    number: int
    """Within what this body is written about the conference."""
    kind: LetterKind
    state: LetterState
    """`drafted`: nothing is written before the release. `due`: it has not left by mail. `void`: overtaken, and never sent."""
    written_at: Moment | None = None
    letter: str | None = None
    """Id of the event with which it was written."""
    function: str
    """Whom it is addressed to, a leadership function (R11)."""
    channel: Channel | None = None
    """The way that the contact allows: `mail`, `letter`, or none."""
    carried_by: list[Channel] = []
    """Ways by which people have brought the invitation, as they have entered it."""
    title: str
    """The subject of the mail, too."""
    findings: list[Finding] = []
    """`NoContact`, `NoSender`."""
    documents: list[Document]
    """The letter, then what is enclosed."""


class Letters(ListQuery):
    """All letters of a conference, in order of the bodies. It sends nothing. Another's conference has none."""

    NAME = "letters"
    ACCESS = OF_ITS_OWN_CONFERENCE
    ITEM = LetterItem
    conference_id: Id


class AttendanceSheet(Query):
    """The list to be signed in the session: the bodies on the conference's list, and what they have answered."""

    NAME = "attendance_sheet"
    ACCESS = OF_ITS_OWN_CONFERENCE
    ITEM = Document
    conference_id: Id


class CalendarItem(Item):
    """A calendar file (RFC 5545)."""

    conference_id: str
    body_id: str | None = None
    method: Literal["REQUEST", "CANCEL", "PUBLISH"]
    content: str


class Calendar(Query):
    """The conference in a calendar: of a body as its letter brings it, else of the authority itself, which is asked nothing."""

    NAME = "calendar"
    ACCESS = OF_ITS_OWN_CONFERENCE
    ITEM = CalendarItem
    conference_id: Id
    body_id: Slug | None = None
