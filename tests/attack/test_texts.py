"""Texts that command a terminal, turn the order of what is read, look like others, or carry words onto the bus."""

import json
import os
import pty
import subprocess
import unicodedata

import pytest
from siko.issuer import Issuer
from siko.roles import AUDITOR
from siko_contracts.characters import LINES

from tests.attack.asking import Question, ask, ask_all, stored_otherwise
from tests.deployment import BIN

SECRETARIAT = "secretariat@pp-koeln"
CLIPBOARD, CLEAR = "\x1b]52;c;QUFB\x07", "\x1b[2J"
HOSTILE = f"{CLIPBOARD}{CLEAR}\u202e\x9b31m"
SHOWN = r"\x1b]52;c;QUFB\x07\x1b[2J\u202e\x9b31m"
NAME = "Polizeipräsidium Köln"
UUID = "0192f0c4-0000-7000-8000-000000000001"
UNSEEN = ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u061c", "\u200b", "\u200f", "\u2028", "\u202e", "\u2066", "\ufeff",
          "\ud800", "\U000e0041"]  # fmt: skip
FIELDS = [
    ("command.scheduler.schedule_conference", "place", {"authority_id": "pp-koeln", "kind": "siko", "starts_at": "2027-03-10T09:00:00Z"}),
    ("command.agenda.submit_topic", "title", {"conference_id": UUID, "body_id": "stadt-koeln", "topic_area": "x", "contains_case_data": False}),
    ("command.agenda.return_topic", "reason", {"topic_id": UUID}),
    ("command.invitations.name_deputy", "function", {"conference_id": UUID, "body_id": "stadt-koeln", "level": "head", "channel": "mail"}),
    ("command.scheduler.record_nil_report", "area", {"kind": "siko", "year": 2025, "reason": "x"}),
    ("command.scheduler.cancel_conference", "conference_id", {"reason": "x"}),
]  # fmt: skip


def test_what_nobody_sees_is_refused_by_field_and_code_point_and_never_repeated(attacked):
    questions, expected = [], []
    for subject, field, others in FIELDS:
        for character in UNSEEN:
            body = others | {field: f"geheim{character}x"}
            questions.append(Question(subject, body, SECRETARIAT))
            expected.append((field, f"U+{ord(character):04X}"))
    answers = ask_all(attacked, *questions)
    for answer, (field, code_point) in zip(answers, expected, strict=True):
        assert answer["error"]["code"] == "InvalidCommand"
        assert code_point in answer["error"]["details"][field]
        assert "geheim" not in json.dumps(answer)


def test_two_spellings_of_one_area_are_one(attacked):
    spellings = [unicodedata.normalize(form, "Köln") for form in ("NFC", "NFD")]
    found = [
        ask(attacked, "query.scheduler.register", {"area": each})["items"] for each in spellings
    ]
    assert found[0] == found[1] != []


@pytest.mark.parametrize(
    "words", ["Erika%20Mustermann", "Erika-Mustermann", "a%1B%5D52%3Bc", "%ff"]
)
def test_a_correlation_id_carries_no_words_onto_the_bus(attacked, words):
    command = {"topic_id": UUID}
    answer = ask(
        attacked, "command.agenda.accept_topic", command, SECRETARIAT, Siko_Correlation_Id=words
    )
    assert list(answer["error"]["details"]) == ["Siko-Correlation-Id"]


def test_what_an_outcome_refers_to_carries_no_words_onto_the_bus(attacked):
    outcomes = [{"kind": "action", "refers_to": "Erika Mustermann wurde vernommen"}]
    command = {"conference_id": UUID, "topic_id": UUID, "outcomes": outcomes, "bodies_present": []}
    answer = ask(attacked, "command.agenda.discuss_topic", command, SECRETARIAT)
    assert list(answer["error"]["details"]) == ["outcomes.0.refers_to"]
    assert "Erika" not in json.dumps(answer)


def test_a_name_in_an_old_event_commands_no_terminal(attacked):
    """Stored before names were looked at: whoever reads it must see it, and not be commanded by it."""
    stored = json.dumps(HOSTILE)[1:-1]
    with stored_otherwise(attacked, "scheduler", "pp-koeln@1", NAME, f"{NAME}{stored}"):
        token = {"SIKO_TOKEN_FILE": str(_token(attacked))}
        history, register = ("history", "pp-koeln"), ("query", "scheduler", "register")
        for arguments, on_a_terminal in ((history, True), (register, False)):
            shown = _siko(attacked, token, *arguments, on_a_terminal=on_a_terminal)
            assert [each for each in (CLIPBOARD, CLEAR, "\u202e", "\x9b") if each in shown] == []
            assert SHOWN in shown
        told = _siko(attacked, token, "history", "pp-koeln", "--output", "json")
        assert not LINES.search(told)
        assert json.loads(told)["items"][0]["event"]["name"] == f"{NAME}{HOSTILE}"


def _token(system):
    file = system.folder / "auditor.token"
    file.write_text(Issuer(system.folder).token(AUDITOR))
    return file


def _siko(system, environment, *arguments, on_a_terminal=False):
    """What it prints on its stdout, which is a terminal or a pipe."""
    whole = os.environ | {
        "SIKO_NATS_URL": system.nats_url,
        "SIKO_NATS_CREDENTIALS_FILE": str(system.login("door")),
        "SIKO_DATA": str(system.folder),
        "COLUMNS": "2000",
        "TERM": "xterm",
        **environment,
    }
    command = [BIN / "siko", *arguments]
    if not on_a_terminal:
        return subprocess.run(
            command, env=whole, capture_output=True, text=True, check=True, timeout=60
        ).stdout
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(command, env=whole, stdout=theirs) as process:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    read = os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
                if not read:
                    break
                shown += read
        assert process.returncode == 0
    finally:
        os.close(ours)
    return shown.decode()
