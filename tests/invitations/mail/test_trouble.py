"""Servers that refuse, hang, die or have the wrong certificate; a folder that cannot be written."""

import asyncio
import time
from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from siko_contracts.commands.invitations import SetContact, WithdrawInvitation
from siko_contracts.events.scheduler import BodyChanged
from siko_core.settings import SettingsError, load
from siko_invitations.mail.transport import Folder

from tests.certificates import Authority
from tests.invitations.conftest import Office

from .conftest import DIRECT, address_of, during, failed, handed_over, sending, settled, to, until
from .servers import PASSWORD, USER, MailServer, listening, tls_context
from .test_sender import LETTERS

AG = address_of("ag-koeln")
TROUBLED = {AG, address_of("br-koeln"), address_of("stadt-koeln")}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.made(tmp_path / "ca")


@pytest.mark.parametrize(
    ("answer", "code"),
    [("550 5.1.1 Frau Muster kennt hier niemand", "5.1.1"), ("550 kein Postfach", "550")],
)
async def test_a_refusal_for_good_fails_that_letter_alone_and_its_text_is_recorded_nowhere(
    ready: Office, mail_server: MailServer, answer: str, code: str
):
    mail_server.refusals[AG] = answer
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(ready)] == [("ag-koeln", code)]
    assert len(mail_server.taken) == LETTERS - 1
    stored = "".join(event.model_dump_json() for event in ready._stored(0))
    assert "Muster" not in stored
    assert "Postfach" not in stored


async def test_content_that_is_refused_for_good_fails_too(ready: Office, mail_server: MailServer):
    mail_server.data_refusals[AG] = "554 5.7.1 zu geheim"
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(ready)] == [("ag-koeln", "5.7.1")]


async def test_a_refusal_for_now_is_tried_again_and_holds_up_nobody(
    ready: Office, mail_server: MailServer
):
    mail_server.refusals[AG] = "451 4.7.1 später"
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS - 1)
        assert AG not in mail_server.recipients
        mail_server.refusals.clear()
        await until(lambda: settled(ready) == LETTERS)
    assert failed(ready) == []
    assert mail_server.recipients.count(AG) == 1


async def test_what_is_refused_for_now_for_ever_has_failed_in_the_end(
    ready: Office, mail_server: MailServer
):
    mail_server.refusals[AG] = "451 4.7.1 später"
    async with sending(ready, to(mail_server), patience_seconds=1.0):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(ready)] == [("ag-koeln", "4.7.1")]


async def test_a_connection_that_dies_again_and_again_loses_nothing_and_changes_no_letter(
    ready: Office, mail_server: MailServer
):
    seen: Counter[str] = Counter()

    def dies(place: str):
        def trouble(recipient: str) -> str | None:
            seen[place + recipient] += 1
            dies_here = recipient in TROUBLED and seen[place + recipient] == 1
            return "drop" if dies_here else None

        return trouble

    mail_server.before_data, mail_server.after_data = dies("before "), dies("after ")
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert failed(ready) == []
    for body_id in DIRECT:
        copies = {mail.content for mail in mail_server.of(address_of(body_id))}
        assert len(copies) == 1


async def test_a_server_that_hangs_after_data_gets_the_same_bytes_again(
    ready: Office, mail_server: MailServer
):
    hung: list[str] = []

    async def hang(recipient: str) -> None:
        if not hung:
            hung.append(recipient)
            await asyncio.sleep(5)

    mail_server.after_data = hang
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert failed(ready) == []
    assert len(mail_server.taken) == LETTERS + 1
    assert len({mail.content for mail in mail_server.taken}) == LETTERS


async def test_a_server_that_is_away_is_waited_for(ready: Office, mail_server: MailServer):
    with listening(MailServer()) as away:
        port = away.port
    async with sending(ready, to(mail_server, smtp_url=f"smtp://127.0.0.1:{port}")):
        await during(ready, ready.releases)
        await asyncio.sleep(0.5)
        assert settled(ready) == 0
        with listening(MailServer(), port=port) as back:
            await until(lambda: settled(ready) == LETTERS)
            assert len(back.taken) == LETTERS


async def test_a_body_that_is_withdrawn_while_the_server_is_away_gets_nothing(
    ready: Office, mail_server: MailServer
):
    withdraw = WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="entfällt")
    mail_server.refusals[AG] = "451 später"
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS - 1)
        await during(ready, ready.does, withdraw)
        mail_server.refusals.clear()
        await until(lambda: "correspondence.withheld" in [e.TOPIC for e in ready._stored(0)])
        await asyncio.sleep(0.3)
    assert mail_server.of(AG) == []


async def test_mails_keep_the_pace_that_the_server_asks_for(ready: Office, mail_server: MailServer):
    began = time.monotonic()
    async with sending(ready, to(mail_server, smtp_per_minute=600)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert time.monotonic() - began > (LETTERS - 1) * 0.1


@pytest.mark.parametrize("way", ["smtps", "starttls"])
async def test_over_tls_with_a_login(ready: Office, authority: Authority, way: str):
    context = tls_context(authority)
    given = {"implicit" if way == "smtps" else "starttls": context}
    with listening(MailServer(), login=True, **given) as server:
        transport = to(
            server,
            smtp_url=f"{'smtps' if way == 'smtps' else 'smtp'}://127.0.0.1:{server.port}",
            smtp_user=USER,
            smtp_password=PASSWORD,
            smtp_ca_file=authority.certificate,
        )
        async with sending(ready, transport):
            await during(ready, ready.releases)
            await until(lambda: settled(ready) == LETTERS)
        assert len(server.taken) == LETTERS


@pytest.mark.parametrize(
    "wrong", ["the certificate's authority", "the password", "no TLS where it is required"]
)
async def test_without_trust_or_login_nothing_leaves(
    ready: Office, authority: Authority, tmp_path: Path, wrong: str
):
    other = Authority.made(tmp_path / "other")
    has_tls = wrong != "no TLS where it is required"
    with listening(
        MailServer(), login=has_tls, starttls=tls_context(authority) if has_tls else None
    ) as server:
        trusted = other if wrong == "the certificate's authority" else authority
        transport = to(
            server,
            smtp_user=USER,
            smtp_password="falsch" if wrong == "the password" else PASSWORD,
            smtp_ca_file=trusted.certificate,
        )
        async with sending(ready, transport):
            await during(ready, ready.releases)
            await asyncio.sleep(0.7)
        assert server.taken == []
    assert settled(ready) == 0


async def test_without_a_server_mails_are_files_with_names_that_tell_nothing(
    ready: Office, tmp_path: Path
):
    folder = tmp_path / "mail"
    async with sending(ready, Folder(folder)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    files = sorted(folder.iterdir())
    assert len(files) == LETTERS
    names = " ".join(file.name for file in files)
    assert not [body_id for body_id in (*DIRECT, "koeln") if body_id in names]
    assert all(file.suffix == ".eml" and file.stat().st_mode & 0o077 == 0 for file in files)
    assert folder.stat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_written_is_waited_for(ready: Office, tmp_path: Path):
    folder = tmp_path / "mail"
    folder.write_text("in the way")
    async with sending(ready, Folder(folder)):
        await during(ready, ready.releases)
        await asyncio.sleep(0.5)
        assert settled(ready) == 0
        folder.unlink()
        await until(lambda: settled(ready) == LETTERS)
    assert len(handed_over(ready)) == LETTERS


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"SIKO_SMTP_URL": "mail.example"}, "smtp://HOST:PORT"),
        ({"SIKO_SMTP_URL": "http://mail.example"}, "smtp://HOST:PORT"),
        ({"SIKO_SMTP_URL": "smtp://u:geheim@mail.example"}, "SIKO_SMTP_PASSWORD_FILE"),
        ({"SIKO_SMTP_USER": "siko"}, "belong together"),
        ({"SIKO_SMTP_URL": "smtp://mail.example", "SIKO_MAIL_FOLDER": "mail"}, "one way"),
        ({"SIKO_SMTP_PER_MINUTE": "0"}, "SIKO_SMTP_PER_MINUTE"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_and_no_password_is_said(
    given: dict[str, str], says: str
):
    with pytest.raises(SettingsError) as refused:
        load("invitations", {"SIKO_AUTH": "off"} | given)
    assert says in str(refused.value)
    assert "geheim" not in str(refused.value)


async def test_i6_a_cancellation_follows_an_invitation_of_which_it_is_unknown_whether_it_arrived(
    ready: Office, mail_server: MailServer
):
    withdraw = WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="entfällt")
    mail_server.after_data = lambda to: "drop" if to == AG else None
    async with sending(ready, to(mail_server), retry_seconds=(0.3,)):
        await during(ready, ready.releases)
        await until(lambda: AG in mail_server.recipients)
        await during(ready, ready.does, withdraw)
        mail_server.after_data = lambda _: None
        await until(lambda: settled(ready) == LETTERS)
    *invited, cancelled = mail_server.of(AG)
    assert len({mail.content for mail in invited}) == 1
    assert "Rücknahme" in cancelled.message["Subject"]


async def test_i16_a_letter_that_cannot_be_composed_holds_up_nobody_and_fails_in_the_end(
    ready: Office, mail_server: MailServer
):
    ready.hears_of_body("ag-koeln", BodyChanged, name="Amtsgericht" * 100)
    async with sending(ready, to(mail_server), patience_seconds=2.0):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(ready)] == [
        ("ag-koeln", "not_composed")
    ]
    assert len({mail.content for mail in mail_server.taken}) == LETTERS - 1


async def test_r39_a_contact_that_was_erased_is_no_address(ready: Office, mail_server: MailServer):
    ready.application.keyring.erase(["known:ag-koeln"])
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(ready)] == [("ag-koeln", "no_address")]


async def test_no_canary_of_a_contact_is_in_subjects_file_names_logs_or_on_the_bus(
    ready: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    ready.does(
        SetContact(
            body_id="ag-koeln",
            email="kanarienvogel@ag-koeln.example",
            name="Dr. Kanarienvogel",
            salutation="Sehr geehrte Frau Dr. Kanarienvogel",
            postal_address=("Kanarienvogelweg 1", "50667 Köln"),
        )
    )
    ready.does(SetContact(body_id="hza-koeln", email="kanarienvogel@"))
    folder = tmp_path / "mail"
    async with sending(ready, Folder(folder)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in folder.iterdir()]
    addressed = [mail for mail in mails if "kanarienvogel" in str(mail["To"])]
    assert len(addressed) == 1
    body = addressed[0].get_body(("plain",))
    assert body is not None
    assert "Sehr geehrte Frau Dr. Kanarienvogel" in body.get_content()
    told = [file.name for file in folder.iterdir()]
    told += [str(mail["Subject"]) + str(mail["Message-ID"]) for mail in mails]
    told += [event.model_dump_json() for event in ready.contracts]
    told += [event.model_dump_json() for event in ready._stored(0)]
    told += capsys.readouterr()
    assert "kanarienvogel" not in "".join(told).lower()
