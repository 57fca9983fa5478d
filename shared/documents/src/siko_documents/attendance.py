"""The sheet on which those present sign: every invited body with a line of its own."""

from typing import Annotated, ClassVar

from pydantic import Field
from siko_contracts.values import MOST_ENTRIES, Classification, Day, Value

from siko_documents.german import day
from siko_documents.layout import AttendancePage, Facts, Table
from siko_documents.letters import MARKS, Meeting, Name, Sender

LEVELS = "L\N{NO-BREAK SPACE} V\N{NO-BREAK SPACE} A"
"""To be ringed: head, deputy head, other (R11)."""


class Expected(Value):
    """A body that was invited; `coming` says who was announced, `Zusage` or `Vertretung: Vizepräsidentin`."""

    body: Name
    function: Name
    coming: Name | None = None


class AttendanceSheet(Value):
    FILE_NAME: ClassVar = "teilnahmeliste"

    sender: Sender
    meeting: Meeting
    written_on: Day
    classification: Classification = "open"
    bodies: Annotated[tuple[Expected, ...], Field(min_length=1, max_length=MOST_ENTRIES)]

    def page(self) -> AttendancePage:
        """For the template `attendance`."""
        meeting = self.meeting
        return AttendancePage(
            title=f"Teilnahmeliste zur {meeting.name} am {meeting.on}",
            day=self.written_on,
            classification=self.classification,
            mark=MARKS[self.classification],
            issuer=self.sender.name,
            facts=Facts(
                rows=(
                    ("Konferenz", meeting.full_name),
                    ("Termin", meeting.when),
                    ("Ort", meeting.place),
                    ("Stand", day(self.written_on)),
                )
            ),
            table=Table(
                head=("Nr.", "Stelle", "Angemeldet", "Name, Funktion", "Ebene", "Unterschrift"),
                widths=(2, 15, 10, 14, 5, 14),
                rows=tuple(
                    (
                        str(number),
                        f"{body.body}\n{body.function}",
                        body.coming or "",
                        "",
                        LEVELS,
                        "",
                    )
                    for number, body in enumerate(self.bodies, 1)
                ),
            ),
            note="Ebene, bitte einkreisen: L = Leitung, V = ständige Vertretung der Leitung, A = andere.",
        )
