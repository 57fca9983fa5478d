"""`siko query` shows titles, reasons and comments beside the ids, to whom they are open, and notes it first."""

import json

import pytest
from siko.demo.joint_conference import ABSENT, joint
from siko.issuer import Issuer
from siko.roles import SignIn

CONFERENCE = joint(2025).conference_id
FILE = ("query", "reporting", "conference", f"conference_id={CONFERENCE}")
TITLE, COMMENT = (
    "Gemeinsamer Meldeweg für Hinweise an Schulen",
    "Am selben Tag tagt das Präsidium.",
)


@pytest.fixture
def shown(played, tmp_path):
    """What `siko` prints to somebody, as (stdout, stderr)."""

    def show(who: str, *arguments: str) -> tuple[str, str]:
        token = tmp_path / "token"
        token.write_text(Issuer(played.system.folder).token(SignIn.parse(who)))
        token.chmod(0o600)
        done = played.system.siko(*arguments, SIKO_TOKEN_FILE=str(token))
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    return show


def test_the_secretariat_reads_the_words_of_its_conference_in_the_tables(shown):
    text, aside = shown("secretariat@pp-koeln", *FILE)
    assert TITLE in text
    assert COMMENT in text
    assert aside == ""


def test_a_partner_reads_its_own_comment_and_no_title_of_an_action_that_others_do(shown):
    text, aside = shown(f"partner@{ABSENT}", *FILE)
    assert COMMENT in text
    assert TITLE not in text
    assert aside == ""


def test_another_authority_reads_no_word(shown):
    text, _ = shown("secretariat@pp-bonn", *FILE)
    assert TITLE not in text
    assert COMMENT not in text


def test_without_texts_the_tables_hold_ids_alone_and_json_has_texts_only_if_asked_for(shown):
    text, _ = shown("secretariat@pp-koeln", *FILE, "--no-texts")
    assert TITLE not in text
    plain, _ = shown("secretariat@pp-koeln", *FILE, "--output", "json")
    assert TITLE not in plain
    rich, _ = shown("secretariat@pp-koeln", *FILE, "--output", "json", "--texts")
    [file] = json.loads(rich)["items"]
    assert [action["title"] for action in file["actions"]] == [TITLE]
    for action in file["actions"]:
        del action["title"]
    [plain_file] = json.loads(plain)["items"]
    assert file["actions"] == plain_file["actions"]


def test_each_reading_of_texts_is_in_the_access_log_with_the_ids(played, shown):
    shown("secretariat@pp-koeln", *FILE)
    items = played.system.json("access-log", "--service", "agenda", "--for", "pp-koeln")["items"]
    lines = [json.loads(i["about"]) for i in items if i["asked"] == "query agenda.texts"]
    assert lines
    assert all(line["ids"] for line in lines)
