"""The letters about a conference: who gets which words, from plain data. Subjects and file names tell nothing of it.

The addressee is a leadership function (R11), with a name only where the body has given one.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from siko_contracts.values import (
    MOST_ENTRIES,
    Area,
    Classification,
    Day,
    Finding,
    Kind,
    Moment,
    Slug,
    Value,
)
from siko_core.calendar import berlin_day

from siko_documents.german import day, enumeration, span, weekday
from siko_documents.layout import Block, Cell, Facts, LetterPage, Line, Paragraph, Table

KINDS = {"siko": "Sicherheitskonferenz", "siko_ap": "Siko-AP"}
MARKS = {"open": "Einstufung: offen", "vs_nfd": "VS – NUR FÜR DEN DIENSTGEBRAUCH"}
SALUTATION = "Sehr geehrte Damen und Herren"
NOT_PUBLIC = (
    "Die Konferenz ist nicht öffentlich. Bitte geben Sie dieses Schreiben nur an Personen weiter,"
    " die es zur Vorbereitung brauchen."
)
MOST_ADDRESS_LINES = 10
Name = Annotated[Line, Field(max_length=300)]
Lines = Annotated[tuple[Name, ...], Field(max_length=MOST_ADDRESS_LINES)]


class Sender(Value):
    """The authority that invites. `email` is the function mailbox that reads the answers, never a person's."""

    name: Name
    unit: Name = "Geschäftsstelle Sicherheitskonferenz"
    postal_address: Lines = ()
    email: Name
    phone: Name | None = None
    signed_by: Name
    """The function of the convenor: `Der Polizeipräsident`."""


class Addressee(Value):
    """A body by its leadership function; `via` is the body that the letter is forwarded by (R12)."""

    body_id: Slug
    body: Name
    function: Name
    name: Name | None = None
    salutation: Name | None = None
    email: Name | None = None
    postal_address: Lines = ()
    via: Name | None = None


class Meeting(Value):
    """The conference that a letter is about."""

    kind: Kind
    areas: Annotated[tuple[Area, ...], Field(max_length=MOST_ENTRIES)] = ()
    starts_at: Moment
    ends_at: Moment | None = None
    place: Name

    @property
    def name(self) -> str:
        return KINDS[self.kind]

    @property
    def full_name(self) -> str:
        """`Sicherheitskonferenz für Köln und Leverkusen`."""
        scope = enumeration(self.areas) if self.areas else "die Bundesautobahnen"
        return f"{self.name} für {scope}"

    @property
    def on(self) -> str:
        return day(berlin_day(self.starts_at))

    @property
    def when(self) -> str:
        return span(self.starts_at, self.ends_at)


class Letter(Value):
    """What every letter holds. A kind of letter adds its data, its subject and its words."""

    FILE_NAME: ClassVar[str]
    """Of the PDF, neutral, without its ending."""

    sender: Sender
    addressee: Addressee
    meeting: Meeting
    written_on: Day
    reference: Name | None = None
    """The sender's sign for the matter."""
    classification: Classification = "open"

    @property
    @abstractmethod
    def subject(self) -> str:
        """What is asked and until when; no topic, no area, no place. The subject of the mail too."""

    @abstractmethod
    def blocks(self) -> tuple[Block, ...]:
        """The text between salutation and closing."""

    def enclosures(self) -> tuple[str, ...]:
        return ()

    def findings(self) -> tuple[Finding, ...]:
        """`NoContact` if the letter has no address to go to."""
        addressee = self.addressee
        if addressee.email or addressee.postal_address:
            return ()
        return (Finding(code="NoContact", rule="contact", body_id=addressee.body_id),)

    def page(self) -> LetterPage:
        """For the template `letter`."""
        sender, addressee = self.sender, self.addressee
        salutation = (addressee.salutation or SALUTATION).rstrip(", ")
        information = {
            "Unser Zeichen": self.reference,
            "Telefon": sender.phone,
            "E-Mail": sender.email,
            "Datum": day(self.written_on),
        }
        return LetterPage(
            title=self.subject,
            day=self.written_on,
            classification=self.classification,
            mark=MARKS[self.classification],
            issuer=sender.name,
            sender=sender.name,
            unit=sender.unit,
            sender_lines=(sender.name, *sender.postal_address),
            address_notes=(f"über {addressee.via}",) if addressee.via else (),
            address=self._address(),
            information=tuple((label, value) for label, value in information.items() if value),
            salutation=f"{salutation},",
            blocks=self.blocks(),
            closing="Mit freundlichen Grüßen",
            signed_by=sender.signed_by,
            enclosures=self.enclosures(),
        )

    def _address(self) -> tuple[str, ...]:
        addressee = self.addressee
        where = addressee.postal_address or ((addressee.email,) if addressee.email else ())
        named = (addressee.name,) if addressee.name else ()
        return (addressee.body, addressee.function, *named, *where)


class Asking(Letter):
    """A letter that asks for an answer."""

    answer_by: Day
    answer_link: Name | None = None
    """The body's own; whoever has it can answer."""

    def _how_to_answer(self) -> Paragraph:
        mailbox = f"per E-Mail an {self.sender.email}"
        ways = [mailbox, "durch die Antwort auf den Kalendereintrag"]
        if self.answer_link:
            ways.insert(0, f"über den Antwortlink Ihrer Stelle ({self.answer_link})")
        return Paragraph(
            text=f"Bitte teilen Sie mir bis zum {day(self.answer_by)} mit, ob Sie teilnehmen:"
            f" {', '.join(ways[:-1])} oder {ways[-1]}."
        )

    def _answer_until(self) -> tuple[str, str]:
        return ("Antwort bis", weekday(self.answer_by))


DEPUTY = (
    "Die Einladung gilt der Leitung Ihrer Stelle. Sollten Sie verhindert sein, benennen Sie bitte eine"
    " Vertretung aus Ihrer Stelle, möglichst Ihre ständige Vertretung."
)


class Invitation(Asking):
    FILE_NAME = "einladung"

    @property
    def subject(self) -> str:
        return (
            f"Einladung zur {self.meeting.name} am {self.meeting.on}"
            f" – Antwort bis {day(self.answer_by)} erbeten"
        )

    def blocks(self) -> tuple[Block, ...]:
        meeting = self.meeting
        return (
            Paragraph(text=f"hiermit lade ich Sie zur {meeting.full_name} ein."),
            Facts(
                rows=(("Termin", meeting.when), ("Ort", meeting.place), self._answer_until()),
            ),
            Paragraph(text=DEPUTY),
            self._how_to_answer(),
            Paragraph(text=NOT_PUBLIC),
        )


class Change(Asking):
    """Another time or place. A new time asks for a new answer (R14), a new place does not."""

    FILE_NAME = "aenderung"

    invited_on: Day
    before: Meeting

    @property
    def is_new_time(self) -> bool:
        return self.before.starts_at != self.meeting.starts_at

    @property
    def subject(self) -> str:
        asked = (
            f"neue Antwort bis {day(self.answer_by)} erbeten"
            if self.is_new_time
            else "keine neue Antwort nötig"
        )
        return f"Änderung der {self.meeting.name} am {self.before.on} – {asked}"

    def blocks(self) -> tuple[Block, ...]:
        before, now = self.before, self.meeting
        lines: list[tuple[str, str]] = []
        if before.when != now.when:
            lines += [("Bisheriger Termin", before.when), ("Neuer Termin", now.when)]
        else:
            lines.append(("Termin unverändert", now.when))
        if before.place != now.place:
            lines += [("Bisheriger Ort", before.place), ("Neuer Ort", now.place)]
        else:
            lines.append(("Ort unverändert", now.place))
        opening = Paragraph(
            text=f"am {day(self.invited_on)} habe ich Sie zur {now.full_name} eingeladen."
            " Dazu hat sich Folgendes geändert:"
        )
        if not self.is_new_time:
            kept = "Haben Sie bereits geantwortet, so gilt Ihre Antwort weiter."
            return (opening, Facts(rows=tuple(lines)), Paragraph(text=kept))
        reopened = "Eine Antwort, die Sie zum bisherigen Termin gegeben haben, gilt nicht mehr."
        return (
            opening,
            Facts(rows=(*lines, self._answer_until())),
            Paragraph(text=reopened),
            self._how_to_answer(),
        )


class Cancellation(Letter):
    """The conference does not take place, not on that day, or not with this body."""

    FILE_NAME = "absage"

    cause: Literal["cancelled", "postponed", "withdrawn"]

    @property
    def subject(self) -> str:
        named = f"{self.meeting.name} am {self.meeting.on}"
        match self.cause:
            case "cancelled":
                return f"Absage der {named} – keine Antwort nötig"
            case "postponed":
                return f"Verschiebung der {named} – neue Einladung folgt"
            case "withdrawn":
                return f"Rücknahme der Einladung zur {named} – keine Antwort nötig"

    def blocks(self) -> tuple[Block, ...]:
        meeting = self.meeting
        match self.cause:
            case "cancelled":
                said = f"die {meeting.full_name} am {meeting.on} findet nicht statt."
                then = "Den Termin können Sie aus Ihrem Kalender streichen."
            case "postponed":
                said = f"die {meeting.full_name} findet am {meeting.on} nicht statt; sie wird verschoben."
                then = "Sobald der neue Termin feststeht, lade ich Sie erneut ein."
            case "withdrawn":
                said = f"die Einladung Ihrer Stelle zur {meeting.full_name} am {meeting.on} nehme ich zurück."
                then = "Den Termin können Sie aus Ihrem Kalender streichen."
        facts = Facts(rows=(("Bisheriger Termin", meeting.when), ("Ort", meeting.place)))
        return (Paragraph(text=said), facts, Paragraph(text=then))


class Reminder(Asking):
    FILE_NAME = "erinnerung"

    invited_on: Day

    @property
    def subject(self) -> str:
        return (
            f"Erinnerung an die {self.meeting.name} am {self.meeting.on}"
            f" – Antwort bis {day(self.answer_by)} erbeten"
        )

    def blocks(self) -> tuple[Block, ...]:
        meeting = self.meeting
        return (
            Paragraph(
                text=f"am {day(self.invited_on)} habe ich Sie zur {meeting.full_name} eingeladen."
                " Eine Antwort Ihrer Stelle liegt mir noch nicht vor."
            ),
            Facts(
                rows=(("Termin", meeting.when), ("Ort", meeting.place), self._answer_until()),
            ),
            self._how_to_answer(),
            Paragraph(
                text="Hat sich Ihre Antwort mit diesem Schreiben gekreuzt, so betrachten Sie es bitte"
                " als gegenstandslos."
            ),
        )


class SchoolOffice(Value):
    """One that the district government is asked to forward the invitation to."""

    name: Name
    function: Name
    areas: Annotated[tuple[Area, ...], Field(max_length=MOST_ENTRIES)] = ()


class ForwardingRequest(Letter):
    """To the district government, which alone invites school offices (R12)."""

    FILE_NAME = "weiterleitung"

    forward_by: Day
    school_offices: Annotated[
        tuple[SchoolOffice, ...], Field(min_length=1, max_length=MOST_ENTRIES)
    ]

    @property
    def subject(self) -> str:
        return (
            f"Einladung zur {self.meeting.name} am {self.meeting.on}"
            f" – Weiterleitung bis {day(self.forward_by)} erbeten"
        )

    def blocks(self) -> tuple[Block, ...]:
        meeting = self.meeting
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (str(number), office.name, office.function, enumeration(office.areas or ("–",)))
            for number, office in enumerate(self.school_offices, 1)
        )
        return (
            Paragraph(
                text=f"zur {meeting.full_name} lade ich auch die Leitungen der staatlichen Schulämter ein."
                " Der Weg dorthin führt über Ihr Haus."
            ),
            Facts(rows=(("Termin", meeting.when), ("Ort", meeting.place))),
            Paragraph(
                text="Bitte leiten Sie die beigefügten Einladungen bis zum"
                f" {day(self.forward_by)} an folgende Schulämter weiter:"
            ),
            Table(
                head=("Nr.", "Schulamt", "zu Händen", "zuständig für"),
                widths=(1, 7, 6, 5),
                rows=rows,
            ),
            Paragraph(
                text=f"Die Weiterleitung bestätigen Sie mir bitte per E-Mail an {self.sender.email}."
                " Ihre Antworten senden die Schulämter unmittelbar an mich."
            ),
        )

    def enclosures(self) -> tuple[str, ...]:
        number = len(self.school_offices)
        return (f"{number} Einladungen" if number > 1 else "1 Einladung",)
