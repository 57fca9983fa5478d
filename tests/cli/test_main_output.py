"""People get tables, programs JSON, and both the same facts."""

import io
import json
import sys

import pytest
from siko.output import Failure, Output, cell, show, show_failure, table

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
        "area  verdict              gaps\n"
        "Köln  FULFILLED\n"
        "      FULFILLED_WITH_GAPS  body_id=ag-leverkusen\n"
    )


def test_a_table_shows_the_columns_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    show(DOCUMENT, ITEMS, Output.TABLE, columns=["verdict"])

    assert capsys.readouterr().out.split() == ["verdict", "FULFILLED", "FULFILLED_WITH_GAPS"]


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
