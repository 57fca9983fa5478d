"""Tables are for people: in German, in Berlin's time, with names, and no wider than the screen."""

import asyncio
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from siko.german import codes, facts
from siko.german.cells import actor, row, shown
from siko.german.headings import heading
from siko.history import history
from siko.layouts import NARROW, columns
from siko.output import Output
from siko.query import query
from siko.services import SERVICES
from siko.texts import COLUMNS
from siko_contracts.queries import OPERATIONS, QUERIES

STORED = Path(__file__).parents[1] / "contracts/stored"
SERVICES_SOURCE = Path(__file__).parents[2] / "services"
FINDING = re.compile(
    r"""Finding\(\s*code="(\w+)" | ^\s+"([A-Z]\w+)":\ (?:day|_is|month) | "(\w+)"\ if\ self\.opened\ else\ "(\w+)"
    | INFORMS_ONLY\ =\ "(\w+)" | \("(\w+)",\ "R\d+"\)""",
    re.MULTILINE | re.VERBOSE,
)
"""Codes of findings where the services make them."""
C1 = "4ce98245-7d77-5e5f-bacb-eccbaf7325fd"
CONFERENCE = {
    "conference_id": C1,
    "authority_id": "pp-koeln",
    "kind": "siko",
    "areas": ["Köln", "Leverkusen"],
    "sections": [],
    "starts_at": "2025-03-12T08:00:00Z",
    "place": "Polizeipräsidium",
    "state": "HELD",
    "month": None,
}
REGISTER = [
    {"fact": "authority", "id": "pp-koeln", "name": "Polizeipräsidium Köln"},
    {"fact": "body", "id": "ag-leverkusen", "name": "Amtsgericht Leverkusen"},
    {"fact": "area", "id": "Köln", "name": None},
    {"fact": "area", "id": "Leverkusen", "name": None},
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def here(nats_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIKO_NATS_URL", nats_url)
    monkeypatch.setenv("SIKO_DATA", str(tmp_path))


async def answered(services: Any, name: str, *items: dict[str, Any], service: str = "reporting"):
    answer = {"ok": True, "items": items, "position": {"scheduler": 17}}
    await services.answer(f"siko.query.{service}.{name}", lambda _: answer)


async def seen(services: Any, name: str, *pairs: str, **options: Any) -> None:
    """The query, asked where the register is known."""
    await answered(services, "register", *REGISTER, service="scheduler")
    await asyncio.to_thread(query, "reporting", name, list(pairs), Output.TABLE, None, **options)


async def test_a_table_has_german_headings_words_berlin_times_and_names(services, capsys):
    await answered(services, "conferences", CONFERENCE)
    await seen(services, "conferences")
    header, first = capsys.readouterr().out.splitlines()
    assert header.split() == ["Konferenz", "Beginn", "Behörde", "Bereiche", "Stand"]
    assert first.split("  ") == [
        *(C1, "12.03.2025 09:00", "Polizeipräsidium Köln (pp-koeln)", "Köln, Leverkusen"),
        "durchgeführt",
    ]


async def test_what_was_asked_for_is_no_column_and_wide_shows_every_one(services, capsys):
    await answered(services, "conferences", CONFERENCE)
    await seen(services, "conferences", "authority_id=pp-koeln")
    assert "Behörde" not in capsys.readouterr().out
    await seen(services, "conferences", "authority_id=pp-koeln", wide=True)
    assert {"Behörde", "Ort", "Art"} < set(capsys.readouterr().out.split())


async def test_programs_get_what_the_service_answered(services, capsys):
    await answered(services, "conferences", CONFERENCE)
    await asyncio.to_thread(query, "reporting", "conferences", [], Output.JSONL, None)
    assert json.loads(capsys.readouterr().out) == CONFERENCE
    assert len(services.asked) == 1


@pytest.mark.parametrize(
    ("name", "pair", "said"),
    [
        ("compliance", "area=Kölm", "Bereich 'Kölm' gibt es nicht; gemeint Köln?"),
        ("conferences", "state=held", "Stand 'held' gibt es nicht; gemeint HELD (durchgeführt)?"),
        ("conferences", "state=abgesagt", "gemeint CANCELLED (abgesagt)?"),
        ("conferences", "authority_id=pp-kolen", "gemeint pp-koeln (Polizeipräsidium Köln)?"),
        ("invitations", "body_id=ag-leverkusn", "gemeint ag-leverkusen (Amtsgericht Leverkusen)?"),
    ],
)
async def test_an_empty_answer_says_what_was_asked_and_what_comes_near(
    services, capsys, name, pair, said
):
    await answered(services, name)
    await seen(services, name, pair)
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"keine mit {pair}.")
    assert said in second


async def test_an_empty_answer_to_a_right_question_is_just_empty(services, capsys):
    await answered(services, "conferences")
    await seen(services, "conferences", "state=HELD", "authority_id=pp-koeln")
    assert capsys.readouterr().out == "Konferenzen: keine mit state=HELD, authority_id=pp-koeln.\n"


async def test_a_table_is_shown_without_names_where_the_register_is_refused(services, capsys):
    refusal = {"ok": False, "error": {"code": "NotAuthorised", "message": "…", "details": {}}}
    await services.answer("siko.query.scheduler.register", lambda _: refusal)
    await answered(services, "conferences", CONFERENCE)
    await asyncio.to_thread(query, "reporting", "conferences", [], Output.TABLE, None)
    assert "pp-koeln" in capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 100])
async def test_a_table_fits_the_screen_and_breaks_no_id(services, monkeypatch, width):
    compliance = {
        "authority_id": "pp-koeln", "area": "Leverkusen", "year": 2025, "kind": "siko",
        "verdict": "FULFILLED_WITH_GAPS", "recorded_late": False, "nil_reported": False, "evidence": [f"{C1}@1"] * 3,
        "gaps": [{"code": "BodyNotInvited", "rule": "R9", "category": "ordinary_court",
                  "body_id": "ag-leverkusen", "conference_id": C1}],
    }  # fmt: skip
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    for name, item in (("compliance", compliance), ("conferences", CONFERENCE)):
        await answered(services, name, item)
        await seen(services, name)
    text = terminal.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")  # bold headings
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert any(C1 in line for line in lines)


async def test_the_row_of_no_area_is_that_of_the_motorways(services, capsys):
    await answered(
        services, "compliance", {"authority_id": "pp-koeln", "area": None, "nil_reported": False}
    )
    await seen(services, "compliance")
    assert "Autobahnen" in capsys.readouterr().out


async def test_positions_are_shown(services, capsys):
    await answered(services, "positions")
    await asyncio.to_thread(query, "reporting", "positions", [], Output.TABLE, None)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["Dienst", "Position"],
        ["scheduler", "17"],
    ]


async def test_a_history_says_who_acted_and_by_which_channel(services, capsys):
    event = {
        "position": 1, "event_id": "i1@2", "aggregate_id": "i1", "aggregate_version": 2,
        "topic": "invitation.accepted", "event": {"channel": "phone", "comment": "gern"},
        "actor": {"function": "secretariat", "body_id": "pp-koeln"},
        "effective_at": "2025-01-02T09:00:00Z", "recorded_at": "2025-01-03T09:00:00Z",
    }  # fmt: skip
    for service in ("scheduler", "invitations", "agenda"):
        items = [event] if service == "invitations" else []
        await answered(services, "history", *items, service=service)
    await asyncio.to_thread(history, "i1", None, Output.TABLE, None)
    out = capsys.readouterr().out
    for word in ("Zusage", "Geschäftsstelle (pp-koeln)", "Telefon", "02.01.2025 10:00"):
        assert word in out
    assert "03.01.2025 10:00" in out


def test_what_a_service_does_by_itself_is_said_to_be_its_own():
    assert actor("service scheduler", "nrw") == "Dienst scheduler"
    assert actor("auditor", "nrw") == "Revision"


def test_every_stored_event_has_german_words():
    topics = {json.loads(file.read_text("utf-8"))["topic"] for file in STORED.glob("*.json")}
    assert [topic for topic in topics if facts.fact(topic) == topic] == []


def test_every_list_of_people_has_a_layout_of_columns_that_its_items_have():
    queries = {name: query for s in SERVICES for name, query in QUERIES[s].items()} | OPERATIONS
    for name, model in queries.items():
        if model.ITEM is None or name == "conference":
            continue
        texts = {column.name for column in COLUMNS.get(name, ())}
        fields = {*model.ITEM.model_fields, "service", *texts}
        assert set(NARROW[name]) <= fields, name


def test_empty_columns_are_left_out():
    assert columns("conferences", [{"conference_id": "c1", "state": "PLANNED", "month": ""}]) == [
        "conference_id",
        "state",
    ]


@pytest.mark.parametrize(
    ("key", "value", "german"),
    [
        ("suits", True, "ja"),
        ("due_on", "2027-03-10", "10.03.2027"),
        ("starts_at", "2027-07-10T07:00:00Z", "10.07.2027 09:00"),
        ("category", "customs", "Zoll"),
        ("outcomes", {"noted": 2}, "zur Kenntnis genommen: 2"),
        ("unknown", None, ""),
    ],
)
def test_a_cell_is_read_by_germans(key, value, german):
    assert shown(key, value) == german


def test_every_finding_of_the_services_has_german_words():
    sources = [file.read_text("utf-8") for file in SERVICES_SOURCE.rglob("*.py")]
    found = {code for text in sources for codes_ in FINDING.findall(text) for code in codes_}
    found -= {""}
    assert {"BodyNotInvited", "Saturday", "NotOpened", "WillNotCount"} <= found
    assert found - set(codes.FINDINGS) == set()


def test_a_finding_that_is_to_be_accepted_is_named_by_its_area_and_the_code_of_its_category():
    gap = {"code": "NoBodyRegistered", "rule": "R8", "area": "Alfter", "category": "customs"}
    assert codes.finding(gap) == "Alfter: Zoll (customs), keine Stelle im Register erfasst (R8)"
    assert codes.gap(gap) == "Zoll, keine Stelle im Register erfasst (R8)"
    assert codes.finding({"code": "Saturday", "rule": "calendar"}) == "Samstag"


def test_bodies_of_which_the_same_is_said_share_a_line():
    gap = {"code": "BodyNotInvited", "rule": "R9", "area": "Köln", "body_id": "ag-koeln"}
    lacking = {"code": "NoContact", "rule": "contact", "body_id": "sta-koeln"}
    items = [gap, lacking, lacking | {"body_id": "lg-koeln"}]
    assert codes.findings(items) == [
        "Köln: ag-koeln, nicht eingeladen (R9)",
        "keine Kontaktdaten hinterlegt: sta-koeln, lg-koeln",
    ]


async def test_on_a_screen_an_id_stands_below_what_it_is_the_id_of(services, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    await answered(services, "conferences", CONFERENCE, CONFERENCE | {"starts_at": None})
    await seen(services, "conferences")
    lines = [line.split("  ")[0].strip() for line in terminal.getvalue().splitlines()]
    at = lines.index("12.03.2025 09:00")
    assert lines[at + 1] == C1
    assert lines.count(C1) == 2


def test_motorways_are_named_and_a_fulfilled_year_lacks_nothing_itself():
    assert row({"kind": "siko_ap", "areas": []})["areas"] == "Autobahnen"
    gaps = [{"code": "BodyNotInvited", "rule": "R9", "body_id": "ag-koeln"}]
    fulfilled = row({"verdict": "FULFILLED", "gaps": gaps})
    assert fulfilled["gaps"] == "andere Konferenz: ag-koeln, nicht eingeladen (R9)"
    missed = row({"verdict": "MISSED", "gaps": gaps})
    assert missed["gaps"] == "ag-koeln, nicht eingeladen (R9)"


def test_every_field_of_a_stored_event_has_a_german_heading():
    """`siko history` tells them."""
    hidden = {"metadata", "originator_topic"}
    stored = [json.loads(file.read_text("utf-8"))["state"] for file in STORED.glob("*.json")]
    fields = {name for state in stored for name in state} - hidden
    assert {name for name in fields if heading(name) == name} == set()


def test_a_text_says_what_it_is_and_what_it_was_said_with():
    text = {"fact": "topic_submission.discussed", "field": "outcomes.text", "text": "…"}
    assert row(text, "texts")["fact"] == "Thema behandelt: Text"
