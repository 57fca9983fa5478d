"""Answer links on a running system: made by the secretariat, used by a program, and a thousand wrong tokens."""

import json
from typing import Any

import pytest
from siko.roles import AUDITOR, SignIn

from tests.flow.asking import ask_all
from tests.flow.inviting import CONFERENCE, SECRETARIAT, invite

PORTAL = SignIn.parse("service:portal")
ANSWER = "siko.command.invitations.answer_by_link"


@pytest.fixture(scope="module")
def invited(up, tmp_path_factory):
    with up(tmp_path_factory.mktemp("links") / "data", "system") as system:
        yield system, invite(system)


def told(answers) -> list[str]:
    return ["ok" if answer["ok"] else answer["error"]["code"] for answer in answers]


def trying(token: str, source: str, who: SignIn = PORTAL, **fields: Any):
    return ANSWER, {"token": token, "source": source, "answer": "accepted"} | fields, who


def test_a_body_answers_by_link_through_a_program_and_nobody_else_may_use_the_token(invited):
    system, token = invited
    others = [SignIn.parse("partner@stadt-koeln"), SECRETARIAT, AUDITOR]
    assert told(ask_all(system, [trying(token, "a", who) for who in others])) == (
        ["NotAuthorised"] * 3
    )
    assert told(ask_all(system, [trying(token, "a", comment="Gern.")])) == ["ok"]
    (row,) = system.json("query", "reporting", "invitations", f"conference_id={CONFERENCE}")[
        "items"
    ]
    assert (row["answer"], row["answer_link"]) == ("ACCEPTED", "issued")


def test_a_thousand_wrong_tokens_of_one_source_find_nothing_and_hinder_nobody_else(invited):
    system, token = invited
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    answers = told(ask_all(system, [trying(wrong, "b")] * 1000))
    assert answers == ["UnknownAnswerLink"] * 10 + ["Unavailable"] * 990
    assert told(ask_all(system, [trying(token, "b"), trying(token, "c")])) == ["Unavailable", "ok"]


def test_tokens_are_in_no_log_no_stream_and_no_line_of_the_access_log(invited):
    system, token = invited
    events = system.replay("invitations")
    assert "answer_link.issued" in {event["topic"] for event in events}
    logs = [file.read_text() for file in (system.folder / "logs").iterdir()]
    lines = system.json("access-log", "--outcome", "UnknownAnswerLink")
    assert lines
    for text in (*logs, json.dumps(lines)):
        assert token not in text
        assert token[:-1] not in text
    assert token not in json.dumps(events)
