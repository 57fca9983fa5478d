"""Who gets which words: subjects and file names tell nothing of the conference, addressees are functions."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from siko_documents.german import span
from siko_documents.letters import Addressee, Change, Letter, Meeting

from .examples import (
    CANCELLATION,
    CHANGE,
    COURT,
    FORWARDING,
    INVITATION,
    LETTERS,
    MEETING,
    REMINDER,
)

EVERY = pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)


def words(letter: Letter) -> str:
    return letter.page().model_dump_json().replace("\N{NO-BREAK SPACE}", " ")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_i20_every_subject_differs_and_says_what_is_asked_and_until_when():
    assert [plain(letter.subject) for letter in LETTERS.values()] == [
        "Einladung zur Sicherheitskonferenz am 10. März 2027 – Antwort bis 24. Februar 2027 erbeten",
        "Änderung der Sicherheitskonferenz am 10. März 2027 – neue Antwort bis 24. Februar 2027 erbeten",
        "Absage der Sicherheitskonferenz am 10. März 2027 – keine Antwort nötig",
        "Erinnerung an die Sicherheitskonferenz am 10. März 2027 – Antwort bis 24. Februar 2027 erbeten",
        "Einladung zur Sicherheitskonferenz am 10. März 2027 – Weiterleitung bis 8. Februar 2027 erbeten",
    ]


CANARY = "Kanarienvogel"


@EVERY
def test_no_data_of_a_body_or_a_place_is_in_subject_and_file_name(letter: Letter):
    meeting = letter.meeting.model_copy(update={"place": CANARY, "areas": (CANARY,)})
    addressee = letter.addressee.model_copy(
        update={"body": CANARY, "name": CANARY, "function": CANARY, "email": f"{CANARY}@a.example"}
    )
    changed = letter.model_copy(update={"meeting": meeting, "addressee": addressee})
    assert CANARY in words(changed)
    assert CANARY not in changed.subject
    assert re.fullmatch(r"[a-z]+", changed.FILE_NAME)


def test_r11_the_addressee_is_the_leadership_function_and_a_name_only_if_there_is_one():
    assert INVITATION.page().address == (
        "Amtsgericht Leverkusen",
        "Direktorin oder Direktor",
        "Gerichtsstraße 9",
        "51379 Leverkusen",
    )
    assert INVITATION.page().salutation == "Sehr geehrte Damen und Herren,"
    named = FORWARDING.page()
    assert named.address[1:3] == (FORWARDING.addressee.function, FORWARDING.addressee.name)
    assert named.salutation == "Sehr geehrte Frau Regierungspräsidentin,"


def test_r12_a_letter_to_a_school_office_says_by_whom_it_goes():
    office = COURT.model_copy(update={"via": "Bezirksregierung Köln"})
    letter = INVITATION.model_copy(update={"addressee": office})
    assert letter.page().address_notes == ("über Bezirksregierung Köln",)


def test_r12_the_district_government_gets_the_list_of_the_school_offices():
    said = words(FORWARDING)
    assert all(office.name in said for office in FORWARDING.school_offices)
    assert "bis zum 8. Februar 2027" in said
    assert FORWARDING.page().enclosures == ("2 Einladungen",)


def test_a_letter_without_any_address_says_so():
    nowhere = Addressee(body_id="stadt-koeln", body="Stadt Köln", function="Oberbürgermeisterin")
    (finding,) = INVITATION.model_copy(update={"addressee": nowhere}).findings()
    assert (finding.code, finding.rule, finding.body_id) == ("NoContact", "contact", "stadt-koeln")
    assert INVITATION.findings() == ()
    by_mail = nowhere.model_copy(update={"email": "poststelle@stadt-koeln.example.org"})
    letter = INVITATION.model_copy(update={"addressee": by_mail})
    assert letter.findings() == ()
    assert letter.page().address[-1] == "poststelle@stadt-koeln.example.org"


def test_r14_a_new_time_asks_for_a_new_answer():
    said = words(CHANGE)
    assert "Mittwoch, 10. März 2027, 09:00 Uhr bis 12:00 Uhr" in said
    assert "Mittwoch, 17. März 2027, 09:00 Uhr bis 12:00 Uhr" in said
    assert "gilt nicht mehr" in said


def test_i5_another_room_asks_for_no_new_answer():
    elsewhere = MEETING.model_copy(update={"place": "Rathaus"})
    letter: Change = CHANGE.model_copy(update={"meeting": elsewhere})
    assert "keine neue Antwort nötig" in letter.subject
    said = words(letter)
    assert "gilt Ihre Antwort weiter" in said
    assert "Antwort bis" not in said


@pytest.mark.parametrize(
    ("cause", "subject"),
    [
        ("cancelled", "Absage der"),
        ("postponed", "Verschiebung der"),
        ("withdrawn", "Rücknahme der Einladung zur"),
    ],
)
def test_a_cancellation_says_what_it_means(cause: str, subject: str):
    letter = CANCELLATION.model_copy(update={"cause": cause})
    assert letter.subject.startswith(subject)
    assert "10. März 2027" in words(letter)


def test_a_reminder_names_the_day_of_the_invitation():
    assert "am 15. Januar 2027 habe ich Sie" in words(REMINDER)


def test_i22_the_doubled_hour_is_told_with_its_zone():
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert plain(span(first, None)) == "Sonntag, 31. Oktober 2027, 02:30 Uhr MESZ"
    assert (
        plain(span(first + timedelta(hours=1), None)) == "Sonntag, 31. Oktober 2027, 02:30 Uhr MEZ"
    )
    assert plain(span(first + timedelta(hours=2), None)) == "Sonntag, 31. Oktober 2027, 03:30 Uhr"


def test_a_motorway_conference_is_called_by_its_name():
    meeting = Meeting(kind="siko_ap", starts_at=MEETING.starts_at, place="Köln")
    letter = INVITATION.model_copy(update={"meeting": meeting})
    assert "Einladung zur Siko-AP" in letter.subject
    assert "Siko-AP für die Bundesautobahnen" in words(letter)


def test_i12_a_line_break_in_a_name_or_function_is_refused_with_its_field():
    with pytest.raises(ValidationError) as refused:
        Addressee(body_id="a", body="Amt\r\nBcc: evil@e.example", function="Leitung\nBcc: x")
    assert [error["loc"] for error in refused.value.errors()] == [("body",), ("function",)]
