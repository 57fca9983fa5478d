"""A secretariat sees every letter before it goes, and what has gone, in the words and bytes of the mail."""

from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import icalendar
import pytest
from siko_contracts.commands import invitations as commands
from siko_contracts.events.scheduler import (
    BodyChanged,
    ConferenceCancelled,
    ConferencePostponed,
    ConferenceRescheduled,
)
from siko_contracts.queries.invitations import AttendanceSheet, Calendar, Letters
from siko_core.identity.identity import IDENTITY
from siko_core.requests.history import EventLog
from siko_core.requests.texts import Page
from siko_documents.layout import AttendancePage, LetterPage
from siko_documents.renderer import Renderer
from siko_invitations.domain.correspondence import Correspondence
from siko_invitations.mail import preview

from tests.invitations.conftest import REGISTER, Office
from tests.reading import AUDITOR, at, partner

from .conftest import SENDER, address_of, during, gets_ready, handed_over, laid_into, sending, until

OWN, CONVENOR = at("pp-koeln"), at("pp-koeln", "convenor")
OTHERS = (at("pp-bonn"), partner("ag-koeln"))


def read(office: Office, answer: Any, query: Any, reader: Any) -> list[Any]:
    """All pages of the answer, on the office's day."""
    log = EventLog(office.application, office.translations)
    token = IDENTITY.set(reader)
    try:
        items: list[Any] = []
        while True:
            page = answer(log, query, datetime.fromisoformat(office.now))
            page = page if isinstance(page, Page) else Page(page)
            items += page.items
            if page.cursor is None:
                return items
            query = query.model_copy(update={"cursor": page.cursor})
    finally:
        IDENTITY.reset(token)


def letters(office: Office, reader: Any = OWN, **fields: Any) -> list[Any]:
    return read(office, preview.letters, Letters(conference_id="c1", **fields), reader)


def letter_to(office: Office, body_id: str) -> Any:
    (letter,) = [each for each in letters(office) if each.body_id == body_id]
    return letter


def words(letter: Any) -> str:
    return str(letter.documents[0].page)


def calendar(office: Office, body_id: str | None = None, reader: Any = OWN) -> list[Any]:
    query = Calendar(conference_id="c1", body_id=body_id)
    return read(office, preview.calendar, query, reader)


def event_in(content: str) -> Any:
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return event


def test_before_the_release_each_body_has_the_letter_that_the_release_then_writes(ready: Office):
    before = letters(ready)
    assert [each.state for each in before] == ["drafted"] * len(before)
    assert {each.body_id for each in before} == {*REGISTER} - {"br-koeln"}
    assert {each.letter for each in before} == {each.written_at for each in before} == {None}
    ready.releases()
    after = letters(ready)
    assert [each.state for each in after] == ["due"] * len(before)
    assert [each.documents for each in after] == [each.documents for each in before]


def test_a_preview_writes_nothing(ready: Office):
    last = ready.application.recorder.max_notification_id()
    assert letters(ready) == letters(ready)
    assert ready.application.recorder.max_notification_id() == last
    named = Correspondence.create_id("c1", "ag-koeln")
    assert ready.application.find(Correspondence, named) is None


def test_r12_a_school_office_has_its_letter_by_the_district_government_with_the_invitation_enclosed(
    ready: Office,
):
    letter = letter_to(ready, "schulamt-koeln")
    assert (letter.kind, letter.via) == ("forwarding_request", "br-koeln")
    assert [each.file_name for each in letter.documents] == ["weiterleitung", "einladung"]


def test_the_way_is_that_of_the_contact_and_who_has_none_is_found(office: Office):
    gets_ready(office, "ag-koeln", "lg-koeln")
    address = ("Luxemburger Straße 101", "50939 Köln")
    office.does(commands.SetContact(body_id="lg-koeln", postal_address=address))
    assert letter_to(office, "sta-koeln").channel == "mail"
    by_post, by_none = letter_to(office, "lg-koeln"), letter_to(office, "ag-koeln")
    assert (by_post.channel, by_post.findings) == ("letter", [])
    assert address[0] in words(by_post)
    assert by_none.channel is None
    assert [each.code for each in by_none.findings] == ["NoContact"]
    assert letter_to(office, "sta-koeln").findings == []


def test_without_a_sender_each_letter_says_so_and_can_still_be_looked_at(office: Office):
    office.hears_of_register()
    office.does(commands.SetContact(body_id="ag-koeln", email=address_of("ag-koeln")))
    office.hears_of_conference()
    letter = letter_to(office, "ag-koeln")
    assert [each.code for each in letter.findings] == ["NoSender"]
    assert "[Absenderpostfach fehlt]" in words(letter)
    assert calendar(office) == calendar(office, "ag-koeln") == []


def test_after_a_change_the_next_release_is_shown_beside_what_was_written(ready: Office):
    ready.releases()
    added = {"conference_id": "c1", "body_id": "br-koeln", "purpose": "Aufsicht"}
    ready.hears_of_conference(ConferenceRescheduled, place="Rathaus Köln")
    ready.does(commands.AddBody(**added))
    states = {(each.body_id, each.kind): each.state for each in letters(ready)}
    assert states["ag-koeln", "invitation"] == "due"
    assert states["ag-koeln", "change"] == "drafted"
    assert states["br-koeln", "invitation"] == "drafted"


def test_an_invitation_that_a_cancellation_has_overtaken_is_void_and_so_is_its_cancellation(
    ready: Office,
):
    ready.releases()
    ready.hears_that(ConferenceCancelled)
    assert {each.state for each in letters(ready)} == {"void"}
    assert calendar(ready, "ag-koeln") == []


async def test_what_was_sent_is_shown_as_it_was_whatever_has_changed_since(
    ready: Office, tmp_path: Path
):
    folder = tmp_path / "mail"
    number = len({*REGISTER} - {"br-koeln"})
    async with sending(ready, laid_into(folder)):
        await during(ready, ready.releases)
        await until(lambda: len(handed_over(ready)) == number)
    ready.hears_of_body("ag-koeln", BodyChanged, leadership_function="Andere Funktion")
    letter = letter_to(ready, "ag-koeln")
    assert letter.state == "handed_over"
    assert letter.function == "Leitung"
    assert letter.letter == handed_over(ready)[0].letter.replace(
        handed_over(ready)[0].body_id, "ag-koeln"
    )
    mails = [message_from_bytes(f.read_bytes(), policy=default) for f in folder.glob("*.eml")]
    (mail,) = [
        each for each in mails if each["To"].addresses[0].addr_spec == address_of("ag-koeln")
    ]
    assert mail["Subject"] == letter.title
    parts = {part.get_content_type(): part for part in mail.walk()}
    with Renderer() as renderer:
        page = LetterPage.model_validate(letter.documents[0].page)
        assert renderer.render("letter", page) == parts["application/pdf"].get_payload(decode=True)
    (item,) = calendar(ready, "ag-koeln")
    assert item.content.encode() == parts["text/calendar"].get_payload(decode=True)


def test_a_reminder_is_shown_in_the_words_that_the_secretariat_has_chosen(ready: Office):
    ready.releases()
    chosen = {"text": "Bitte denken Sie an Ihre Antwort.", "subject": "Erinnerung an die Antwort"}
    ready.now = "2025-02-10T09:00:00+01:00"
    ready.does(commands.SendReminders(conference_id="c1", body_ids=("ag-koeln",), **chosen))
    _, reminder = [each for each in letters(ready) if each.body_id == "ag-koeln"]
    assert (reminder.kind, reminder.state, reminder.title) == ("reminder", "due", chosen["subject"])
    assert chosen["text"] in words(reminder)


def test_whom_people_have_invited_is_written_nothing_with_a_further_release(ready: Office):
    ready.does(commands.CheckCoverage(conference_id="c1"))
    ready.now = "2025-01-20T09:00:00+01:00"
    past = {"effective_at": "2025-01-15T09:00:00+01:00", "evidence": "Schreiben vom 15. Januar"}
    ready.does(commands.ReleaseInvitations(conference_id="c1", **past))
    assert letters(ready) == []
    ready.does(commands.AddBody(conference_id="c1", body_id="br-koeln", purpose="Aufsicht"))
    assert [(each.body_id, each.state) for each in letters(ready)] == [("br-koeln", "drafted")]
    ready.releases()
    assert [(each.body_id, each.state) for each in letters(ready)] == [("br-koeln", "due")]


def test_what_people_have_carried_stands_beside_the_letter(ready: Office):
    ready.releases()
    ready.does(commands.RecordDispatch(conference_id="c1", body_id="ag-koeln", channel="letter"))
    assert letter_to(ready, "ag-koeln").carried_by == ["letter"]


def test_letters_are_for_their_authority_and_the_auditor(ready: Office):
    for reader in (OWN, CONVENOR, AUDITOR, None):
        assert letters(ready, reader)
        assert calendar(ready, reader=reader)
    for reader in OTHERS:
        assert letters(ready, reader) == []
        assert calendar(ready, reader=reader) == []
        sheet = AttendanceSheet(conference_id="c1")
        assert read(ready, preview.attendance_sheet, sheet, reader) == []


@pytest.mark.parametrize("limit", [1, 5, 13])
def test_pages_together_hold_every_letter_once(ready: Office, limit: int):
    ready.releases()
    assert letters(ready, limit=limit) == letters(ready)


def test_the_file_of_the_authority_itself_asks_nobody_and_follows_the_conference(ready: Office):
    (item,) = calendar(ready)
    first = event_in(item.content)
    assert item.method == "PUBLISH"
    assert "ATTENDEE" not in item.content
    assert str(first["ORGANIZER"]) == f"mailto:{SENDER}"
    ready.hears_of_conference(
        ConferenceRescheduled, starts_at="2025-05-13T09:00:00Z", ends_at="2025-05-13T11:00:00Z"
    )
    moved = event_in(calendar(ready)[0].content)
    assert moved["UID"] == first["UID"]
    assert (first["SEQUENCE"], moved["SEQUENCE"]) == (0, 1)
    ready.hears_that(ConferencePostponed)
    off = event_in(calendar(ready)[0].content)
    assert (off["SEQUENCE"], str(off["STATUS"])) == (2, "CANCELLED")


def test_the_sheet_has_a_line_for_each_body_with_its_answer_and_no_name(ready: Office):
    ready.releases()
    of = {"conference_id": "c1", "channel": "mail"}
    ready.does(commands.Respond(body_id="ag-koeln", answer="accepted", **of))
    deputy = {"function": "Vizepräsidentin", "level": "deputy_head", "name": "Erika Muster"}
    ready.does(commands.NameDeputy(body_id="lg-koeln", **deputy, **of))
    query = AttendanceSheet(conference_id="c1")
    (sheet,) = read(ready, preview.attendance_sheet, query, OWN)
    page = AttendancePage.model_validate(sheet.page)
    coming = {row[1].partition("\n")[0]: row[2] for row in page.table.rows}
    assert {*coming} == {*REGISTER} - {"br-koeln"}
    assert coming["ag-koeln"] == "Zusage"
    assert coming["lg-koeln"] == "Vertretung: Vizepräsidentin"
    assert coming["sta-koeln"] == ""
    assert "Erika" not in str(sheet)
