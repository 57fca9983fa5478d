"""What the templates lay out: a letter and a list of attendance, as plain data with every word in it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from siko_contracts.values import Classification, Day, Value

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[Text, StringConstraints(pattern=r"^[^\n\r]*$")]
"""May hold what nobody sees, for it may have been stored before that was refused: it is printed as its code."""
Lines = tuple[Line, ...]
Cell = str
"""Of a table; may be empty."""


class Paragraph(Value):
    block: Literal["paragraph"] = "paragraph"
    text: Text


class Facts(Value):
    """Labels with their values, one below the other: when, where, until when."""

    block: Literal["facts"] = "facts"
    rows: tuple[tuple[Line, Text], ...]


class Table(Value):
    """With a head that every page repeats. `widths`: of the columns, in shares of the line."""

    block: Literal["table"] = "table"
    head: Lines
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Annotated[Paragraph | Facts | Table, Field(discriminator="block")]


class Page(Value):
    """What stands in and around every document: title and language of the file, marks of every page, the day."""

    title: Line
    day: Day
    """The document's own; nothing in it is of the day on which it is laid out."""
    classification: Classification = "open"
    mark: Line
    """At the head of every page: the classification in words."""
    issuer: Line
    """At the foot of every page: whose document it is."""


class LetterPage(Page):
    """Template `letter`: DIN 5008 form B."""

    sender: Line
    unit: Line | None = None
    sender_lines: Lines = ()
    """The sender's address in one line above the addressee's."""
    address_notes: Lines = ()
    """Above the address: by which way it goes."""
    address: Lines
    information: tuple[tuple[Line, Line], ...]
    """Labels and values beside the address: sign, telephone, date."""
    salutation: Line
    blocks: tuple[Block, ...]
    closing: Line
    signed_by: Line
    enclosures: Lines = ()


class AttendancePage(Page):
    """Template `attendance`: a list to be signed, in landscape."""

    facts: Facts
    table: Table
    note: Text
