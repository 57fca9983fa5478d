"""One of each document: of Cologne's police, about a conference of Cologne and Leverkusen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from siko_documents.attendance import AttendanceSheet, Expected
from siko_documents.letters import (
    Addressee,
    Cancellation,
    Change,
    ForwardingRequest,
    Invitation,
    Meeting,
    Reminder,
    SchoolOffice,
    Sender,
)

SENDER = Sender(
    name="Polizeipräsidium Köln",
    postal_address=("Walter-Pauli-Ring 2–6", "51103 Köln"),
    email="siko@pp-koeln.example.org",
    phone="0221 229-0",
    signed_by="Der Polizeipräsident",
)
COURT = Addressee(
    body_id="ag-leverkusen",
    body="Amtsgericht Leverkusen",
    function="Direktorin oder Direktor",
    postal_address=("Gerichtsstraße 9", "51379 Leverkusen"),
)
DISTRICT = Addressee(
    body_id="br-koeln",
    body="Bezirksregierung Köln",
    function="Regierungspräsidentin oder Regierungspräsident",
    name="Dr. Änne Müller-Öztürk",
    salutation="Sehr geehrte Frau Regierungspräsidentin",
    postal_address=("Zeughausstraße 2–10", "50667 Köln"),
)
MEETING = Meeting(
    kind="siko",
    areas=("Köln", "Leverkusen"),
    starts_at=datetime(2027, 3, 10, 8, tzinfo=UTC),
    ends_at=datetime(2027, 3, 10, 11, tzinfo=UTC),
    place="Polizeipräsidium Köln, großer Sitzungssaal",
)
MOVED = MEETING.model_copy(
    update={
        "starts_at": MEETING.starts_at + timedelta(days=7),
        "ends_at": MEETING.starts_at + timedelta(days=7, hours=3),
        "place": "Rathaus Leverkusen, Ratssaal",
    }
)
COMMON: dict[str, Any] = {
    "sender": SENDER,
    "addressee": COURT,
    "meeting": MEETING,
    "written_on": date(2027, 2, 1),
    "reference": "ZA 1 – 57.01.07",
}
ANSWER_BY = {"answer_by": date(2027, 2, 24)}
INVITED_ON = {"invited_on": date(2027, 1, 15)}

INVITATION = Invitation(**COMMON, **ANSWER_BY, answer_link="https://siko.example.org/a/9f8e7d6c")
CHANGE = Change(**{**COMMON, "meeting": MOVED}, **ANSWER_BY, **INVITED_ON, before=MEETING)
CANCELLATION = Cancellation(**COMMON, cause="cancelled")
REMINDER = Reminder(**COMMON, **ANSWER_BY, **INVITED_ON)
FORWARDING = ForwardingRequest(
    **{**COMMON, "addressee": DISTRICT, "classification": "vs_nfd"},
    forward_by=date(2027, 2, 8),
    school_offices=(
        SchoolOffice(
            name="Schulamt für die Stadt Köln", function="Leitung des Schulamts", areas=("Köln",)
        ),
        SchoolOffice(
            name="Schulamt für die Stadt Leverkusen",
            function="Leitung des Schulamts",
            areas=("Leverkusen",),
        ),
    ),
)
LETTERS = {
    letter.FILE_NAME: letter for letter in (INVITATION, CHANGE, CANCELLATION, REMINDER, FORWARDING)
}
BODIES = (
    ("Staatsanwaltschaft Köln", "Leitende Oberstaatsanwältin oder Leitender Oberstaatsanwalt", "Zusage"),
    ("Amtsgericht Köln", "Präsidentin oder Präsident", "Vertretung: Vizepräsidentin"),
    ("Amtsgericht Leverkusen", "Direktorin oder Direktor", None),
    ("Landgericht Köln", "Präsidentin oder Präsident", "Zusage"),
    ("Stadt Köln", "Oberbürgermeisterin oder Oberbürgermeister", "unter Vorbehalt"),
    ("Stadt Leverkusen", "Oberbürgermeisterin oder Oberbürgermeister", "Zusage"),
    ("Bundespolizeiinspektion Flughafen Köln/Bonn", "Inspektionsleitung", "Absage"),
    ("Hauptzollamt Köln", "Leitung des Hauptzollamts", "Zusage"),
    ("Schulamt für die Stadt Köln", "Leitung des Schulamts", None),
    ("Amt für Kinder, Jugend und Familie der Stadt Köln", "Leitung des Jugendamts", "Zusage"),
)  # fmt: skip
SHEET = AttendanceSheet(
    sender=SENDER,
    meeting=MEETING,
    written_on=date(2027, 3, 9),
    bodies=tuple(Expected(body=b, function=f, coming=c) for b, f, c in BODIES),
)
