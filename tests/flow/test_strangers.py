"""Whoever reaches the broker of a running system: what opens without a token, and what with a leaked login."""

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.errors import NoRespondersError
from nats.js.api import AckPolicy, ConsumerConfig
from siko import broker_users, issuer
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts.messages import POSITION
from siko_core.broker import permissions

from tests.flow.asking import served

AUDITOR = SignIn("auditor", "nrw", "auditor")


def as_user(system, user: str | None) -> dict[str, Any]:
    folder = system.folder / broker_users.FOLDER
    return broker_users.options(broker_users.credentials_file(folder, user) if user else None)


@pytest.mark.parametrize("user", [None, "door", "operator"])
def test_neither_a_leaked_login_nor_none_opens_anything_without_a_good_token(
    played, tmp_path: Path, user: str | None
):
    issuer.make(tmp_path)
    forged = Issuer(tmp_path).token(AUDITOR)
    good = Issuer(played.system.folder).token(AUDITOR)
    header, claims, _ = good.split(".")
    tokens = [None, "", "nonsense", forged, f"{header}.{claims}.", good[:-6] + "AAAAAA"]

    async def answers() -> list[Any]:
        connection = await nats.connect(
            played.system.run["nats_url"], **as_user(played.system, user)
        )
        told = []
        for subject in served(played.system):
            for token in tokens:
                headers = None if token is None else {"Authorization": f"Bearer {token}"}
                reply = await connection.request(subject, b"{}", timeout=10, headers=headers)
                told.append(json.loads(reply.data))
        await connection.close()
        return told

    told = asyncio.run(answers())
    assert len(told) > 50 * len(tokens)
    assert {answer["error"]["code"] for answer in told} == {"NotAuthorised"}


def test_a_stranger_follows_every_stream_and_sends_with_a_token_of_his_own(played):
    async def follow() -> dict[str, int]:
        connection = await nats.connect(played.system.run["nats_url"])
        jetstream = connection.jetstream()
        found = {}
        for service in ("scheduler", "invitations", "agenda"):
            name = f"SIKO_{service.upper()}"
            last = (await jetstream.stream_info(name)).state.last_seq
            pulled = await jetstream.pull_subscribe(
                "siko.>", stream=name, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
            )
            while found.get(service, 0) < last:
                for message in await pulled.fetch(500, timeout=10):
                    assert message.headers[POSITION]
                    found[service] = found.get(service, 0) + 1
        token = Issuer(played.system.folder).token(AUDITOR)
        reply = await connection.request(
            "siko.query.reporting.compliance",
            b'{"year": 2025}',
            headers={"Authorization": f"Bearer {token}"},
        )
        assert json.loads(reply.data)["ok"]
        await connection.close()
        return found

    found = asyncio.run(follow())
    for service, events in found.items():
        assert events == len(played.system.replay(service))


def test_a_stranger_serves_nothing_publishes_nothing_and_alters_nothing(played):
    async def tried() -> list[str]:
        refused: list[str] = []

        async def note(error: Exception) -> None:
            refused.append(str(error))

        connection = await nats.connect(played.system.run["nats_url"], error_cb=note)
        for subject in (
            "siko.command.>",
            "siko.query.agenda.texts",
            "_INBOX_door.>",
            "siko.event.>",
        ):
            await connection.subscribe(subject)
        for subject in (
            "siko.event.scheduler.conference_held.v1.pp-koeln",
            "$JS.API.STREAM.DELETE.SIKO_SCHEDULER",
            "$JS.API.STREAM.PURGE.SIKO_SCHEDULER",
            "$JS.API.STREAM.UPDATE.SIKO_SCHEDULER",
            "$JS.API.STREAM.CREATE.OTHER",
        ):
            await connection.publish(subject, b"{}")
        await connection.flush()
        await connection.flush()
        with pytest.raises(NoRespondersError):
            await connection.request("siko.query.agenda.unheard_of")
        await connection.close()
        return refused

    assert len(asyncio.run(tried())) == 9
    assert played.system.siko("topology", "plan").stdout == "nothing to change\n"


def test_no_password_of_the_broker_is_in_a_log_or_a_page(played):
    files = (played.system.folder / broker_users.FOLDER).glob("*/credentials")
    passwords = [file.read_text().strip().partition(":")[2] for file in files]
    assert len(passwords) == len(permissions.users()) > 0
    texts = [log.read_text() for log in (played.system.folder / "logs").glob("*.log")]
    for service in played.system.run["services"].values():
        for page in ("asyncapi.json", "metrics"):
            with urllib.request.urlopen(f"{service['url']}/{page}", timeout=20) as answer:
                texts.append(answer.read().decode())
    assert not [text for text in texts for password in passwords if password in text]


def test_no_part_of_a_system_is_refused_what_it_needs(played):
    assert played.system.siko("doctor").returncode == 0
    for log in (played.system.folder / "logs").glob("*.log"):
        assert "nats_not_permitted" not in log.read_text(), log.name
    said = (played.system.folder / "logs" / "nats-server.log").read_text()
    assert {
        line.split("user:")[1].split('"')[0] for line in said.splitlines() if "Violation" in line
    } <= {"guest"}
