"""An office with its writer running, whose letters a sender hands to a real mail server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from siko_contracts.commands.invitations import SetContact, SetSender
from siko_contracts.events.invitations import DeliveryFailed, HandedOver
from siko_contracts.events.scheduler import HeadAppointed
from siko_core.loops import cancel
from siko_core.settings import Settings
from siko_invitations.mail.sender import Sender
from siko_invitations.mail.transport import Folder, Server, Transport

from tests.invitations.conftest import REGISTER, Office

from .servers import HOST, MailServer, listening

SENDER = "siko@pp-koeln.example"
SENDER_NAME = 'Polizeipräsidium Köln, Geschäftsstelle; Team "SiKo"'
SECONDS = 60.0
DIRECT = sorted(
    body_id
    for body_id, (category, _) in REGISTER.items()
    if category not in {"school_office", "district_government"}
)


def address_of(body_id: str) -> str:
    return f"poststelle@{body_id}.example"


def gets_ready(office: Office, *without_contact: str) -> None:
    """Authority, sender, bodies and their contacts are known, and the conference c1."""
    office.hears_of_register()
    office.hears(HeadAppointed, function="Der Polizeipräsident", valid_from="2020-01-01")
    office.does(SetSender(authority_id="pp-koeln", email=SENDER, name=SENDER_NAME))
    for body_id in REGISTER:
        if body_id not in without_contact:
            office.does(SetContact(body_id=body_id, email=address_of(body_id)))
    office.hears_of_conference()


@pytest.fixture
def ready(office: Office) -> Office:
    """All is known that letters need; nothing is released."""
    gets_ready(office)
    return office


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with listening(MailServer()) as server:
        yield server


def to(server: MailServer, **settings: Any) -> Server:
    """The way to this server, in clear on this machine."""
    given = {"smtp_url": f"smtp://{HOST}:{server.port}"} | settings
    return Server(Settings.model_validate(given), answer_seconds=2.0)


async def _always(_: str) -> bool:
    return True


@asynccontextmanager
async def sending(office: Office, transport: Transport, **patience: Any) -> AsyncIterator[Sender]:
    """The office's writer and a sender run; commands go through `during`."""
    given: dict[str, Any] = {"retry_seconds": (0.05,), "poll_seconds": 0.02}
    given |= {"patience_seconds": SECONDS, "take_lease": _always}
    sender = Sender(office.application, office.writer, transport, **(given | patience))
    running = [asyncio.create_task(office.writer.run()), asyncio.create_task(sender.run())]
    try:
        await until(lambda: sender._read > 0)
        yield sender
    finally:
        await cancel(running)


async def during(office: Office, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Do something at the office while its writer runs."""
    return await office.writer.on_thread(work, *given, **named)


async def until(is_so: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.01)


def handed_over(office: Office) -> list[HandedOver]:
    return [each for each in office.published(HandedOver) if each.letter]


def failed(office: Office) -> list[DeliveryFailed]:
    return office.published(DeliveryFailed)


def settled(office: Office) -> int:
    return len(handed_over(office)) + len(failed(office))


def laid_into(folder: Any) -> Folder:
    return Folder(folder)
