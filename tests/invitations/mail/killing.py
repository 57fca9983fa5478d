"""Kills the sending process at random moments while letters go out, and looks at what the bodies got."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from siko_contracts.commands.invitations import SetContact, SetSender
from siko_contracts.events.scheduler import BodyRegistered
from siko_contracts.values import CompetentBody
from siko_invitations.domain.correspondence import Correspondence
from siko_invitations.domain.invitation import Invitation

from tests.gaps import accepted
from tests.invitations.conftest import Office

from .conftest import SENDER, SENDER_NAME, address_of
from .servers import MailServer, Taken, listening

ROOT = Path(__file__).parents[3]
SECONDS = 300.0


@dataclass
class Incarnations(MailServer):
    """A server that knows which incarnation of the sender each mail came from."""

    current: int = 0
    by: dict[int, list[Taken]] = field(default_factory=lambda: defaultdict(list))

    def note(self, _: str) -> None:
        self.by[self.current].append(self.taken[-1])


def released(folder: Path, bodies: list[str]) -> None:
    """A store in which a list of so many bodies has just been released."""
    office = Office(folder)
    office.hears_of_authority()
    office.does(SetSender(authority_id="pp-koeln", email=SENDER, name=SENDER_NAME))
    competent = []
    for body_id in bodies:
        described = {"category": "ordinary_court", "areas": ("Köln",)}
        office.hears_of_body(body_id, BodyRegistered, **described)
        office.does(SetContact(body_id=body_id, email=address_of(body_id)))
        competent.append(CompetentBody(body_id=body_id, **described))
    office.hears_of_conference(areas=("Köln",), competent_bodies=competent)
    office.application.recorder.mark("letters_from", "0")
    office.releases(accepted_gaps=accepted("Köln"))
    close(office)


def close(office: Office) -> None:
    office.writer.close()
    office.application.recorder.close()
    office.application.close()
    office.application.keyring.close()


def start(folder: Path, port: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.invitations.mail.process", str(folder), str(port)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _line(stream: IO[str] | None) -> str:
    """The next line that is of ours; logs stand between them."""
    assert stream is not None
    while line := stream.readline():
        if line.startswith(("sending", "withdrawn ")):
            return line.strip()
    return ""


def kill_while_sending(folder: Path, *, letters: int, kills: int, seed: int) -> None:
    """Each body has its letter, never two different ones, and never one after its withdrawal was committed."""
    bodies = [f"stelle-{number}" for number in range(letters)]
    released(folder, bodies)
    chance = random.Random(seed)
    to_withdraw = chance.sample(bodies, letters // 10)
    withdrawn: dict[str, int] = {}
    server = Incarnations()
    server.after_data = server.note
    with listening(server):
        for incarnation in range(kills + 1):
            server.current = incarnation
            process = start(folder, server.port)
            assert _line(process.stdout) == "sending"
            assert process.stdin is not None
            if incarnation < kills:
                if to_withdraw:
                    body_id = to_withdraw.pop()
                    process.stdin.write(f"withdraw {body_id}\n")
                    process.stdin.flush()
                    assert _line(process.stdout) == f"withdrawn {body_id}"
                    withdrawn[body_id] = incarnation
                time.sleep(chance.uniform(0, 1.5 * letters / 200))
                process.kill()
                process.communicate()
            else:
                deadline = time.monotonic() + SECONDS
                kept = {address_of(body_id) for body_id in bodies if body_id not in withdrawn}
                while not kept <= set(server.recipients):
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                time.sleep(1)
                process.stdin.close()  # it ends by itself
                assert process.wait(30) == 0
    _judge(Office(folder), server, bodies, withdrawn)


def _judge(
    office: Office, server: Incarnations, bodies: list[str], withdrawn: dict[str, int]
) -> None:
    invitations = {body_id: set[bytes]() for body_id in bodies}
    last = dict.fromkeys(bodies, -1)
    for incarnation, mails in server.by.items():
        for mail in mails:
            body_id = mail.recipient.partition("@")[2].removesuffix(".example")
            if (
                "Einladung zur" in mail.message["Subject"]
                and "Rücknahme" not in mail.message["Subject"]
            ):
                invitations[body_id].add(mail.content)
                last[body_id] = incarnation
    for body_id, contents in invitations.items():
        assert len(contents) <= 1, f"{body_id} got two different letters"
        if body_id in withdrawn:
            assert last[body_id] <= withdrawn[body_id], (
                f"{body_id} was invited after its withdrawal"
            )
        else:
            assert contents, f"{body_id} got no letter"
    _judge_order(office)


def _judge_order(office: Office) -> None:
    """In the log, no letter of invitation begins to go after the withdrawal of its body."""
    gone = set()
    for event in office._stored(0):
        if isinstance(event, Invitation.Withdrawn):
            gone.add(event.body_id)
        if isinstance(event, Correspondence.HandingOverBegun) and event.body_id in gone:
            assert event.number > 1
