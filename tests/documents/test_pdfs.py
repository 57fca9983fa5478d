"""What every document must be: read by machines and aloud, the same every time, whole on its page."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from siko_documents.letters import MARKS
from siko_documents.renderer import Renderer

from . import pdfs as reading
from .__main__ import SAMPLES
from .conftest import DOCUMENTS
from .examples import COURT, FORWARDING, INVITATION, SENDER, SHEET, SchoolOffice

EVERY = pytest.mark.parametrize("name", DOCUMENTS)


def words_of(value: Any) -> list[str]:
    """Every text in a document's data but the codes that only typst reads."""
    match value:
        case str():
            return value.split()
        case dict():
            shown = {k: v for k, v in value.items() if k not in {"block", "classification", "day"}}
            return [word for part in shown.values() for word in words_of(part)]
        case list():
            return [word for part in value for word in words_of(part)]
        case _:
            return []


@EVERY
def test_every_word_of_the_data_is_in_the_text_layer(name: str, pdfs: dict[str, bytes]):
    text = reading.text(pdfs[name]).replace(" ", "")
    words = words_of(DOCUMENTS[name].page().model_dump(mode="json"))
    assert len(words) > 60
    assert [word for word in words if word not in text] == []


@EVERY
def test_the_file_says_its_title_language_and_day(name: str, pdfs: dict[str, bytes]):
    page = DOCUMENTS[name].page()
    said = reading.properties(pdfs[name])
    assert said["title"] == page.title
    assert said["language"] == "de-DE"
    assert said["created"].startswith(f"D:{page.day:%Y%m%d}")


@EVERY
def test_i9_the_file_names_the_authority_and_no_person(name: str, pdfs: dict[str, bytes]):
    told = reading.metadata(pdfs[name])
    assert told["/Author"] == SENDER.name
    assert set(told) == {"/Author", "/CreationDate", "/Creator", "/ModDate", "/Title"}
    assert COURT.body not in told.values()


@EVERY
def test_a6_the_structure_is_tagged_and_every_table_has_a_head(name: str, pdfs: dict[str, bytes]):
    tree = reading.tags(pdfs[name])
    assert len([*reading.named(tree, "H1")]) == 1
    assert [*reading.named(tree, "P")]
    tables = [*reading.named(tree, "Table")]
    assert bool(tables) == (name in {"weiterleitung", "teilnahmeliste"})
    assert all([*reading.named(table, "TH")] for table in tables)


@EVERY
def test_no_glyph_lies_outside_of_its_page(name: str, pdfs: dict[str, bytes]):
    assert reading.glyphs_outside(pdfs[name]) == []


@EVERY
def test_the_classification_and_the_number_stand_on_every_page(name: str, pdfs: dict[str, bytes]):
    pages = reading.pages(pdfs[name])
    mark = MARKS[DOCUMENTS[name].classification]
    for number, page in enumerate(pages, 1):
        assert mark in page
        assert f"Seite {number} von {len(pages)}" in page


def test_a_long_letter_goes_on_with_its_marks_and_the_head_of_its_table(
    rendered: Callable[[Any], bytes],
):
    many = tuple(
        SchoolOffice(name=f"Schulamt {number}", function="Leitung", areas=("Köln",))
        for number in range(90)
    )
    pdf = rendered(FORWARDING.model_copy(update={"school_offices": many}))
    pages = reading.pages(pdf)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert "VS – NUR FÜR DEN DIENSTGEBRAUCH" in page
        assert f"Seite {number} von {len(pages)}" in page
        assert ("zuständig für" in page) == ("Schulamt " in page)
    assert reading.glyphs_outside(pdf) == []


@EVERY
def test_the_same_data_make_the_same_bytes_in_another_process_on_another_day(
    name: str, pdfs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    document = DOCUMENTS[name]
    with time_machine.travel(date.today() + timedelta(days=3)), Renderer() as other:  # noqa: DTZ011
        template = "attendance" if document is SHEET else "letter"
        assert other.render(template, document.page()) == pdfs[name]


@EVERY
def test_the_sample_in_docs_is_what_is_made_today(name: str, pdfs: dict[str, bytes]):
    """If it is meant to differ, `make samples` writes it anew; then look at it."""
    assert (SAMPLES / f"{name}.pdf").read_bytes() == pdfs[name]


def test_the_address_stands_where_the_window_of_the_envelope_is(pdfs: dict[str, bytes]):
    """DIN 5008, form B: 45 mm from above, 20 mm from the left, 85 mm wide and 45 mm high; the text begins at 25 mm."""
    pdf = pdfs["einladung"]
    for line in (COURT.body, COURT.function, *COURT.postal_address):
        left, upper = reading.place_of(pdf, line)
        assert left == pytest.approx(25, abs=0.5)
        assert 62 < upper < 90
    assert 45 < reading.place_of(pdf, f"{SENDER.name} · ")[1] < 63


def test_a_long_address_stays_in_the_window(rendered: Callable[[Any], bytes]):
    lines = tuple(f"Zeile {number}" for number in range(10))
    pdf = rendered(
        INVITATION.model_copy(
            update={"addressee": COURT.model_copy(update={"postal_address": lines})}
        )
    )
    assert reading.place_of(pdf, "Zeile 9")[1] < 95
    assert reading.place_of(pdf, "Einladung zur")[1] > 97


def test_a_word_that_is_longer_than_a_line_breaks(rendered: Callable[[Any], bytes]):
    link = f"https://siko.polizei.nrw.example.org/antwort/{'a1B2' * 40}"
    email = f"{'sicherheitskonferenz' * 3}@pp-koeln.polizei.nrw.example.org"
    sender = SENDER.model_copy(update={"email": email})
    pdf = rendered(INVITATION.model_copy(update={"answer_link": link, "sender": sender}))
    assert reading.glyphs_outside(pdf) == []
    text = reading.text(pdf).replace(" ", "")
    assert link in text
    assert text.count(email) == 2


def test_a_long_name_makes_its_row_of_the_sheet_higher(rendered: Callable[[Any], bytes]):
    first, second, *_ = SHEET.bodies
    name = "Amt für Kinder, Jugend und Familie " * 8
    long = first.model_copy(update={"body": name, "function": "Amtsleitung"})
    pdf = rendered(SHEET.model_copy(update={"bodies": (long, second)}))
    room = reading.place_of(pdf, second.body)[1] - reading.place_of(pdf, "Amtsleitung")[1]
    assert room > 5


def test_markup_in_a_text_is_text(rendered: Callable[[Any], bytes]):
    markup = '#panic("x") $x^2$ *fett* _kursiv_ = Titel @label // Kommentar #import "a.typ" \\ <b>'
    addressee = COURT.model_copy(update={"body": markup})
    text = reading.text(rendered(INVITATION.model_copy(update={"addressee": addressee})))
    assert markup.replace(" ", "") in text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Amt \U0001f600", "Amt [U+1F600]"),
        ("Amt 漢", "Amt [U+6F22]"),
        ("Amt \x00", "Amt [U+0000]"),
        ("Amt \ue000", "Amt [U+E000]"),
        ("Amt \u200b", "Amt [U+200B]"),
        ("Ko\u0308ln", "Köln"),
        ("Łódź, Ελλάδα, Москва", "Łódź, Ελλάδα, Москва"),
    ],
)
def test_a5_a_character_without_glyph_is_shown_as_its_code(
    text: str, shown: str, rendered: Callable[[Any], bytes]
):
    addressee = COURT.model_copy(update={"body": text})
    letter = INVITATION.model_copy(update={"addressee": addressee})
    assert shown in reading.text(rendered(letter))
