"""People get tables, programs JSON, and both the same facts."""

import io
import json
import sys

import pytest
from siko.output import (
    Failure,
    Output,
    Screen,
    cell,
    say,
    show,
    show_document,
    show_failure,
    table,
    widths,
)
from siko_contracts.characters import LINES, UNSEEN

ITEMS = [
    {"area": "Köln", "verdict": "FULFILLED", "gaps": []},
    {"area": None, "verdict": "FULFILLED_WITH_GAPS", "gaps": [{"body_id": "ag-leverkusen"}]},
]
DOCUMENT = {"compliance": ITEMS}


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    show(DOCUMENT, ITEMS, Output.JSON)

    assert json.loads(capsys.readouterr().out) == DOCUMENT


def test_jsonl_is_one_item_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(DOCUMENT, ITEMS, Output.JSONL)

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ITEMS


def test_a_table_in_a_pipe_has_plain_columns_of_full_width(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(DOCUMENT, ITEMS, Output.TABLE)

    assert capsys.readouterr().out == (
        "Bereich  Ergebnis             Lücken\n"
        "Köln     FULFILLED\n"
        "         FULFILLED_WITH_GAPS  body_id=ag-leverkusen\n"
    )


def test_a_table_shows_the_columns_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    show(DOCUMENT, ITEMS, Output.TABLE, columns=["verdict"])

    assert capsys.readouterr().out.split() == ["Ergebnis", "FULFILLED", "FULFILLED_WITH_GAPS"]


def test_a_table_on_a_terminal_shows_brackets_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    table([{"title": "[bold] Lage [/]"}], title="Themen")

    assert "[bold] Lage [/]" in terminal.getvalue()
    assert "Themen" in terminal.getvalue()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "yes"),
        (7, "7"),
        (["Köln", "Leverkusen"], "Köln, Leverkusen"),
        ({"action": 1, "none": None}, "action=1"),
    ],
)
def test_a_cell_is_read_by_people(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_failure_is_its_code_and_message_and_a_line_for_each_detail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_failure(Failure(1, "WrongState", "not now", {"state": "HELD", "needed": ["CONVENED"]}))

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == 'WrongState: not now\n  state: HELD\n  needed: ["CONVENED"]\n'


@pytest.mark.parametrize(
    ("room", "expected"),
    [(60, [36, 15, 7]), (50, [36, 7, 7]), (40, [26, 7, 7])],
    ids=["everything fits", "words stay whole", "the widest gives way"],
)
def test_columns_share_the_room_and_break_no_word_where_that_can_be(
    room: int, expected: list[int]
) -> None:
    lines = [["Konferenz", "Bereich", "Stand"], ["x" * 36, "Köln Rhein Sieg", "abgesagt"[:7]]]
    assert widths(lines, room) == expected


COMMANDS_OF_TERMINALS = "Lage\x1b]52;c;QUFB\x07 \x1b[2J\x9b31m \u202eneu\x7f \ud800"
"""Fills the clipboard, clears the screen, colours, turns the order, and holds half a character."""
SHOWN = r"Lage\x1b]52;c;QUFB\x07 \x1b[2J\x9b31m \u202eneu\x7f \ud800"
HOSTILE = [{"title": COMMANDS_OF_TERMINALS, COMMANDS_OF_TERMINALS: [{"a": COMMANDS_OF_TERMINALS}]}]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("output", Output)
def test_nothing_that_is_shown_commands_a_terminal(
    output: Output, is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("COLUMNS", "200")
    show({"items": HOSTILE}, HOSTILE, output)

    text = shown.getvalue()
    drawn = text.replace("\x1b[1m", "").replace("\x1b[0m", "")  # rich's own: bold heads
    assert not LINES.search(drawn)
    if output == Output.TABLE:
        assert SHOWN in text
    else:
        document = json.loads(text)
        assert (document if output == Output.JSONL else document["items"][0]) == HOSTILE[0]


def test_json_stays_json_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"all": [character for bounds in UNSEEN for character in bounds]}
    show_document(document)

    shown = capsys.readouterr().out
    assert shown.isascii()
    assert json.loads(shown) == document


def test_neither_failures_nor_messages_command_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_failure(Failure(1, "NotFound", COMMANDS_OF_TERMINALS, {"id": COMMANDS_OF_TERMINALS}))
    say(COMMANDS_OF_TERMINALS)
    Screen().say(COMMANDS_OF_TERMINALS)  # what a service says last, before it is started again

    captured = capsys.readouterr()
    assert captured.out == f"{SHOWN}\n"
    assert captured.err == f"NotFound: {SHOWN}\n  id: {SHOWN}\n{SHOWN}\n"


def test_a_value_with_a_line_break_does_not_look_like_a_line_of_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_failure(Failure(1, "NotFound", "a\nhealthy", {"id": "b\n  id: c"}))

    assert capsys.readouterr().err == "NotFound: a\\nhealthy\n  id: b\\n  id: c\n"
