"""`siko import reply` on a running system: a calendar's reply counts, a stranger's is held and listed with its words."""

import json
import time
from email.message import EmailMessage

import pytest
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts.commands.invitations import MOST_MESSAGE
from siko_itip.objects import uid_of

from tests.flow.inviting import CONFERENCE, invite

CONTACT = "poststelle@stadt-koeln.example.org"
STRANGER = "klara.kanarienvogel@mail.example"


def reply(partstat: str, sender: str, stamp: str) -> bytes:
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", "METHOD:REPLY"),
        *("BEGIN:VEVENT", f"UID:{uid_of(CONFERENCE, 'stadt-koeln')}", f"DTSTAMP:{stamp}"),
        *("SEQUENCE:0", f"ATTENDEE;PARTSTAT={partstat}:mailto:{CONTACT}"),
        *("COMMENT:Kanarienvogel", "END:VEVENT", "END:VCALENDAR", ""),
    ]
    message = EmailMessage()
    message["From"] = sender
    message["Subject"] = "Antwort"
    message.set_content("Im Anhang.")
    calendar = "\r\n".join(lines).encode()
    message.add_alternative(calendar, maintype="text", subtype="calendar")
    return message.as_bytes()


@pytest.fixture(scope="module")
def system(up, tmp_path_factory):
    folder = tmp_path_factory.mktemp("replies")
    (folder / "mails" / "pp-koeln").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("SIKO_REPLIES_DIR", str(folder / "mails"))
        with up(folder / "data", "system") as system:
            invite(system)
            yield system


@pytest.fixture
def siko(system, tmp_path):
    """Runs a client command as the secretariat of Cologne."""
    token = tmp_path / "token"
    token.write_text(Issuer(system.folder).token(SignIn.parse("secretariat@pp-koeln")))
    token.chmod(0o600)
    return lambda *arguments: system.siko(*arguments, SIKO_TOKEN_FILE=str(token))


def imported(siko, folder, raw):
    file = folder / "reply.eml"
    file.write_bytes(raw)
    return siko("import", "reply", str(file))


def test_a_reply_counts_and_a_strangers_is_held_listed_and_settled(siko, system, tmp_path):
    contact = ("send", "invitations", "set_contact", "body_id=stadt-koeln", f"email={CONTACT}")
    assert siko(*contact).returncode == 0
    done = imported(siko, tmp_path, reply("ACCEPTED", CONTACT, "20260101T080000Z"))
    assert (done.returncode, done.stdout) == (0, "Als Antwort übernommen\n"), done.stderr
    forged = imported(siko, tmp_path, reply("DECLINED", STRANGER, "20260102T080000Z"))
    assert forged.returncode == 1
    assert "ReplyRefused" in forged.stderr
    assert "Absender gehört nicht zur Stelle" in forged.stderr
    rows = system.json("query", "reporting", "invitations", f"conference_id={CONFERENCE}")
    assert [row["answer"] for row in rows["items"]] == ["ACCEPTED"]
    listed = siko("query", "reporting", "unmatched_replies")
    assert STRANGER in listed.stdout
    assert "Kanarienvogel" in listed.stdout
    query = ("query", "reporting", "unmatched_replies", "state=open", "--output", "json")
    (held,) = json.loads(siko(*query).stdout)["items"]
    assert (held["cause"], held["body_id"]) == ("forged", "stadt-koeln")
    settle = ("send", "invitations", "settle_reply", f"reply_id={held['reply_id']}")
    assert siko(*settle).returncode == 0
    (settled,) = [
        row
        for row in system.json("query", "reporting", "unmatched_replies")["items"]
        if row["state"] == "settled"
    ]
    assert settled["reply_id"] == held["reply_id"]


def test_a_plain_mail_is_kept_to_be_read_and_that_is_no_failure(siko, tmp_path):
    done = imported(siko, tmp_path, b"From: x@mail.example\nSubject: Frage\n\nWann?\n")
    assert (done.returncode, done.stdout) == (0, "Zur Durchsicht: zu lesen\n"), done.stderr


def test_a_file_that_is_too_large_is_not_sent(siko, tmp_path):
    done = imported(siko, tmp_path, b"x" * MOST_MESSAGE)
    assert done.returncode == 2
    assert "525000 bytes" in done.stderr


def test_a_mail_that_is_put_into_the_folder_of_replies_is_taken(siko, system):
    folder = system.folder.parent / "mails" / "pp-koeln"
    (folder / "new").write_bytes(b"From: kanarienvogel@mail.example\n\nKanarienvogel\n")
    (folder / "new").rename(folder / "new.eml")
    deadline = time.monotonic() + 30
    while not (folder / "taken" / "new.eml").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    listed = siko("query", "reporting", "unmatched_replies", "--output", "json", "--texts")
    assert "kanarienvogel@mail.example" in listed.stdout


def test_words_and_addresses_of_replies_are_in_no_log_and_no_stream(system):
    logs = [file.read_text() for file in (system.folder / "logs").iterdir()]
    for text in logs:
        assert "anarienvogel" not in text
    files = [file for file in system.folder.rglob("*") if file.is_file()]
    streams = [file.read_bytes() for file in files if "nats" in str(file)]
    assert streams
    assert not [stream for stream in streams if b"anarienvogel" in stream]
