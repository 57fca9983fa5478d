"""The demo's letters on a whole system with a mail server: each leaves, each parses, each has its event."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest
from siko.addresses import nats_url
from siko.client import connect
from siko.demo.joint_conference import joint
from siko.demo.other_conferences import cancelled
from siko.demo.player import MAILBOX, play, watching
from siko.roles import AUDITOR

from tests.invitations.mail.servers import HOST, MailServer, listening
from tests.itip.test_bounces import report

YEAR = 2025
SIKO = Path(sys.executable).with_name("siko")
READY_S = 60


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with listening(MailServer()) as server:
        yield server


@pytest.fixture
def system(tmp_path: Path, mail_server: MailServer) -> Iterator[Path]:
    """The data folder of a system with the manual clock, which knows the mail server."""
    folder = tmp_path / "data"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIKO_")}
    settings = {"SIKO_CLOCK": "manual", "SIKO_SMTP_URL": f"smtp://{HOST}:{mail_server.port}"}
    log = tmp_path / "up.log"
    with log.open("w") as lines:
        up = subprocess.Popen(
            [SIKO, "up", "--data", str(folder), "--port", "0"],
            env=environment | settings,
            stdout=lines,
            stderr=lines,
        )
    try:
        deadline = time.monotonic() + READY_S
        while not (folder / "run.json").exists():
            assert up.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield folder
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(30)


async def test_every_letter_of_a_joint_and_a_cancelled_conference_leaves(
    system: Path, mail_server: MailServer
) -> None:
    async with connect(nats_url(system), deadline_s=60, folder=system) as connected:
        client = connected.acting(AUDITOR)
        with watching(YEAR) as watch:
            await play(client, YEAR, watch, (joint, cancelled))
        events = (await client.view("invitations", "log", limit=10_000)).items
    of = [event for event in events if event["topic"].startswith("correspondence.")]
    recorded = {
        event["event"]["sha256"]: event
        for event in of
        if event["topic"] == "correspondence.handed_over"
    }
    assert not [event for event in of if event["topic"] == "correspondence.delivery_failed"]
    topics = Counter(event["topic"] for event in of)
    begun = topics["correspondence.handing_over_begun"] - topics["correspondence.withheld"]
    assert len(recorded) == begun > 0
    assert {hashlib.sha256(mail.content).hexdigest() for mail in mail_server.taken} == set(recorded)
    kinds = {event["event"]["kind"] for event in recorded.values()}
    assert kinds >= {"invitation", "forwarding_request"}  # the clock runs ahead of the letters
    for mail in mail_server.taken:
        assert mail.sender == MAILBOX
        message = mail.message
        assert not [part.defects for part in message.walk() if part.defects]
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
                assert calendar["method"] == part["Content-Type"].params["method"]
            if part.get_content_type() == "application/pdf":
                assert part.get_payload(decode=True).startswith(b"%PDF-1.7")
    assert not (system / "mail").exists()
    comes_back(system, mail_server.taken[0].message["Message-ID"])


def comes_back(system: Path, message_id: str) -> None:
    """The report of a mail server is read by the command line, and recorded once however often it is read."""
    file = system.parent / "report.eml"
    file.write_bytes(report(message_id=message_id))
    siko(system, "login", "--as", "secretariat@pp-koeln")
    for _ in range(2):
        recorded = json.loads(siko(system, "import", "bounce", str(file), "--output", "json"))
        assert recorded["code"] == "5.1.1"
    siko(system, "login", "--as", "auditor")
    events = siko(system, "query", "invitations", "log", "limit=10000", "--output", "jsonl")
    assert events.count('"correspondence.delivery_failed"') == 1


def siko(system: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SIKO_")}
    command = [SIKO, *arguments, "--data", str(system)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
