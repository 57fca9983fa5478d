"""The connection to NATS is made again whatever the server says; only a login that stays refused ends the process."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from siko_contracts.exit_codes import START_ANEW
from siko_core.broker import client as lasting

from tests.core import toy
from tests.core.between import Between
from tests.core.waiting import until

ERRORS = (
    "Authorization Violation",
    "Maximum Connections Exceeded",
    "Stale Connection",
    "Unknown Protocol Operation",
)
STAYS = ("Invalid Subject", 'Permissions Violation for Publish to "x"')
"""After these the server keeps the connection."""


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def between(nats_server) -> AsyncIterator[tuple[Between, str]]:
    wire = Between(nats_server.port)
    async with wire.listening() as url:
        yield wire, url


@pytest.fixture
def ended(monkeypatch) -> list[int]:
    """The exit code, where the process would have ended."""
    codes: list[int] = []
    monkeypatch.setattr("siko_core.ending.os._exit", codes.append)
    return codes


Works = Callable[[int], Awaitable[None]]


@pytest.fixture
async def works(between, serve, client, monkeypatch, tmp_path) -> Works:
    """A writing service and one that follows it, both behind the wire; shows that so many commands have gone through both."""
    monkeypatch.setattr("siko_core.follower.follower.HEARTBEAT_SECONDS", 0.25)
    monkeypatch.setattr("siko_core.follower.follower.SILENCE_SECONDS", 0.75)
    _, url = between
    await serve(toy.notes_service(), nats_url=url)
    other = f"sqlite:///{tmp_path}/other.db"
    following = await serve(toy.following_service(), nats_url=url, database_url=other)

    async def answered() -> Any:
        try:
            reply = await client.request("siko.command.scheduler.write_note", b"{}", timeout=1)
            return json.loads(reply.data)["ok"]
        except Exception:  # noqa: BLE001 - not yet
            return None

    async def work(times: int) -> None:
        await until(answered)
        await until(lambda: following.figures.followers[0].applied >= times)

    return work


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_with_which_the_server_hangs_up_passes(works, between, ended, error):
    """Commands are answered again, what is recorded is told, and it is followed."""
    await works(1)
    await between[0].say(f"-ERR '{error}'\r\n".encode())
    await works(2)
    assert ended == []


@pytest.mark.parametrize("error", STAYS)
async def test_after_an_error_with_which_the_server_goes_on_the_connection_is_kept(
    works, between, ended, error
):
    wire, _ = between
    await works(1)
    joined = wire.joined
    await wire.say(f"-ERR '{error}'\r\n".encode(), hang_up=False)
    await works(2)
    assert wire.joined == joined
    assert ended == []


@pytest.mark.parametrize("error", ["Authentication Timeout", "Maximum Connections Exceeded"])
async def test_a_server_that_takes_nobody_for_a_while_is_asked_again_for_as_long(
    works, between, ended, monkeypatch, error
):
    monkeypatch.setattr(lasting, "REFUSED_SECONDS", 0.0)
    wire, _ = between
    await works(1)
    wire.refusal = f"-ERR '{error}'\r\n".encode()
    await wire.say(b"")
    joined = wire.joined
    await until(lambda: wire.joined > joined + 4)
    wire.refusal = None
    await works(2)
    assert ended == []


async def test_a_login_that_stays_refused_ends_the_process(
    works, between, ended, monkeypatch, capsys
):
    monkeypatch.setattr(lasting, "REFUSED_SECONDS", 1.0)
    wire, _ = between
    await works(1)
    wire.refusal = b"-ERR 'Authorization Violation'\r\n"
    await wire.say(b"")
    await until(lambda: ended)
    assert set(ended) == {START_ANEW}
    said = capsys.readouterr().out
    assert "nats_refused" in said
    assert "SIKO_NATS_CREDENTIALS_FILE" in said
    wire.refusal = None
    await works(2)


async def test_a_login_that_is_refused_for_a_moment_only_passes(works, between, ended):
    """As while a server reads its configuration anew."""
    wire, _ = between
    await works(1)
    wire.refusal = b"-ERR 'Authorization Violation'\r\n"
    await wire.say(b"")
    joined = wire.joined
    await until(lambda: wire.joined > joined + 2)
    wire.refusal = None
    await works(2)
    assert ended == []


@pytest.mark.parametrize("greeting", [b"INFO []\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_whatever_answers_at_the_address_meanwhile_the_server_is_found_again(
    works, between, ended, greeting
):
    wire, _ = between
    await works(1)
    wire.greeting = greeting
    await wire.say(b"")
    joined = wire.joined
    await until(lambda: wire.joined > joined + 3)
    wire.greeting = None
    await works(2)
    assert ended == []
