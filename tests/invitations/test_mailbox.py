"""The folder of replies: a mail that is put there is imported once, whatever happens, and none is lost."""

import asyncio
from base64 import b64encode

import pytest
from siko_contracts.answers import Error, Refusal
from siko_contracts.commands.invitations import MOST_MESSAGE, ImportReply
from siko_contracts.events.invitations import ReplyHeld
from siko_invitations.mailbox import PAUSE_SECONDS, Mailbox
from siko_invitations.service import service

MAIL = b"From: x@mail.example\nSubject: Frage\n\nWann?\n"


class Folder:
    """Mails of Cologne, and a mailbox that gives its commands to an office."""

    def __init__(self, office, path):
        self.office = office
        self.root = path / "replies"
        self.own = self.root / "pp-koeln"
        self.own.mkdir(parents=True)

    def put(self, name, raw=MAIL, authority_id="pp-koeln"):
        folder = self.root / authority_id
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)

    def look(self, refusal=None):
        async def give(command, command_id):
            if refusal:
                return Refusal(error=Error(code=refusal))
            decision = service.commands[ImportReply]
            return self.office.send(decision, command, now=self.office.now, command_id=command_id)

        return asyncio.run(Mailbox(self.root, give).look())

    @property
    def files(self):
        found = (file for file in self.root.rglob("*") if file.is_file())
        return sorted(str(file.relative_to(self.root)) for file in found)

    @property
    def held(self):
        return len(self.office.published(ReplyHeld))


@pytest.fixture
def folder(invited, tmp_path):
    return Folder(invited, tmp_path)


def test_a_mail_is_imported_and_moved_aside(folder):
    folder.put("1.eml")
    folder.put("2.eml", MAIL + b"Und wo?\n")
    folder.put("3.eml.part")
    assert folder.look() == PAUSE_SECONDS
    assert folder.held == 2
    assert folder.files == ["pp-koeln/3.eml.part", "pp-koeln/taken/1.eml", "pp-koeln/taken/2.eml"]
    folder.look()
    assert folder.held == 2


def test_a_mail_that_lies_there_again_after_a_crash_counts_once_and_no_file_is_overwritten(folder):
    for _ in range(2):
        folder.put("1.eml")
        folder.look()
    assert folder.held == 1
    assert folder.files == ["pp-koeln/taken/1.1.eml", "pp-koeln/taken/1.eml"]


@pytest.mark.parametrize("code", ["Unavailable", "NotYetKnown"])
def test_a_mail_that_cannot_be_imported_now_stays(folder, code):
    folder.put("1.eml")
    folder.look(refusal=code)
    assert folder.files == ["pp-koeln/1.eml"]
    folder.look()
    assert folder.files == ["pp-koeln/taken/1.eml"]


def test_a_folder_that_names_no_authority_keeps_its_mails(folder):
    folder.put("1.eml", authority_id="pp-nirgendwo")
    folder.look()
    assert folder.files == ["pp-nirgendwo/1.eml"]


@pytest.mark.parametrize("raw", [b"", b"x" * 10_000_000], ids=["empty", "10 MB"])
def test_a_mail_that_can_never_be_imported_is_set_aside_and_the_next_is_taken(folder, raw):
    folder.put("1.eml", raw)
    folder.put("2.eml")
    folder.look()
    assert folder.files == ["pp-koeln/refused/1.eml", "pp-koeln/taken/2.eml"]


def test_a_link_is_not_followed(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere.eml"
    elsewhere.write_bytes(MAIL)
    (folder.own / "1.eml").symlink_to(elsewhere)
    folder.look()
    assert folder.held == 0
    assert elsewhere.exists()


def test_what_is_read_of_a_file_fits_into_a_command_or_shows_that_it_does_not():
    assert len(b64encode(b"x" * MOST_MESSAGE)) > MOST_MESSAGE
