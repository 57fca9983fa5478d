"""`siko dead-letters` against a running service that has parked something, and others that have not."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from pydantic import SecretStr
from siko import issuer
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts.events.scheduler import ConferenceCancelled, ConferencePostponed
from siko_core.broker import topology
from siko_core.process import process
from siko_core.read_service import ReadService
from siko_core.settings import Settings
from siko_reporting.service import service as declared
from siko_reporting.store import ReportingStore
from siko_reporting.views import conferences

from tests.conftest import NatsServer

SIKO = Path(sys.executable).parent / "siko"
OTHERS = ("scheduler", "invitations", "agenda")
Siko = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@pytest.fixture
async def client(nats_server: NatsServer) -> AsyncIterator[Client]:
    """A broker with the streams, on which the write services have parked nothing."""
    connection = await nats.connect(nats_server.url)
    await topology.apply(connection)

    async def nothing(message: Any) -> None:
        await message.respond(b'{"ok": true, "items": []}')

    for service in OTHERS:
        await connection.subscribe(f"siko.query.{service}.dead_letters", cb=nothing)
    yield connection
    await connection.close()


@pytest.fixture
def identity(tmp_path: Path) -> dict[str, Any]:
    issuer.make(tmp_path)
    return {
        "identity_keys_file": issuer.keys_file(tmp_path),
        "access_log_url": SecretStr(f"sqlite:///{tmp_path}/access.db"),
    }


@pytest.fixture
async def reporting(
    client: Client, nats_server: NatsServer, tmp_path: Path, identity: dict[str, Any]
) -> AsyncIterator[ReadService]:
    service = ReadService(
        declared.name, ReportingStore, follows=declared.follows, queries=declared.queries
    )
    service.open(
        Settings(
            nats_url=nats_server.url,
            database_url=SecretStr(f"sqlite:///{tmp_path}/reporting.db"),
            clock="manual",
            **identity,
        )
    )
    own_client = await service.broker.connect()
    tasks = [asyncio.create_task(task) for task in service.tasks(own_client)]
    await service.broker.start()
    yield service
    await process._stop(service, tasks)
    service.close()
    process.STOPPING.clear()


@pytest.fixture
def siko(nats_server: NatsServer, tmp_path: Path, identity: dict[str, Any]) -> Siko:
    """Signed in as an operator, or as is said."""
    token = tmp_path / "token"

    async def run(
        *arguments: str, by: str = "operator:ops@it-nrw"
    ) -> subprocess.CompletedProcess[str]:
        if issuer.signs(tmp_path):
            token.write_text(Issuer(tmp_path).token(SignIn.parse(by)))
        token.touch()
        return await asyncio.to_thread(
            subprocess.run,
            [SIKO, "dead-letters", *arguments],
            env={"SIKO_NATS_URL": nats_server.url, "SIKO_TOKEN_FILE": str(token)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
async def repair(
    client: Client, reporting: ReadService, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Reporting stumbles over a conference and has parked two events of it; called, it does so no more."""

    def stumble(*_: Any) -> None:
        raise ZeroDivisionError

    whole = conferences.evolve
    monkeypatch.setattr(conferences, "evolve", stumble)
    moment = "2025-03-10T09:00:00Z"
    for version, type_ in enumerate((ConferencePostponed, ConferenceCancelled), 1):
        event = type_.model_validate(
            {
                "event_id": f"c1@{version}",
                "aggregate_id": "c1",
                "aggregate_version": version,
                "authority_id": "pp-koeln",
                "effective_at": moment,
                "recorded_at": moment,
                "actor": {"function": "secretariat", "body_id": "pp-koeln"},
                "conference_id": "c1",
            }
        )
        await client.jetstream().publish(
            f"siko.event.scheduler.{event.TYPE}.pp-koeln",
            event.model_dump_json().encode(),
            headers={
                "ce-source": "siko/scheduler",
                "ce-type": event.TYPE,
                "ce-subject": "c1",
                "Siko-Position": str(version),
                "Siko-Previous": str(version - 1),
            },
        )
    async with asyncio.timeout(10):
        while reporting.store.count_parked() < 2:
            await asyncio.sleep(0.01)
    return lambda: monkeypatch.setattr(conferences, "evolve", whole)


async def test_what_is_parked_is_listed_shown_replayed_and_listed_no_more(
    siko: Siko, repair: Callable[[], None]
) -> None:
    listed = await siko("list")
    assert (listed.returncode, listed.stderr) == (0, "")
    header, first, second = (line.split() for line in listed.stdout.splitlines())
    assert header[:4] == ["Dienst", "Kennung", "Typ", "Sache"]
    assert first[:5] == [
        "reporting",
        "scheduler.1",
        "conference_postponed.v1",
        "c1",
        "ZeroDivisionError",
    ]
    assert second[:4] == ["reporting", "scheduler.2", "conference_cancelled.v1", "c1"]

    shown = json.loads((await siko("show", "scheduler.1", "--output", "json", by="auditor")).stdout)
    assert (shown["service"], shown["body"]["conference_id"]) == ("reporting", "c1")

    failed = await siko("replay", "scheduler.2")
    assert failed.returncode == 1
    assert failed.stderr.startswith("StillFailing: ")
    assert "  letter: scheduler.1" in failed.stderr

    repair()
    replayed = await siko("replay", "--aggregate", "c1", "-o", "json")
    assert json.loads(replayed.stdout) == {
        "service": "reporting",
        "aggregate_id": "c1",
        "letters": ["scheduler.1", "scheduler.2"],
    }
    listed = await siko("list")
    assert (listed.returncode, listed.stdout) == (0, "Nothing is parked.\n")
    listed = await siko("list", "--state", "replayed", "--output", "jsonl")
    items = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [item["settled_by"] for item in items] == ["ops@it-nrw"] * 2


async def test_what_is_discarded_keeps_who_and_why(siko: Siko, repair: Callable[[], None]) -> None:
    discard = ("discard", "--aggregate", "c1", "--reason", "a test")
    discarded = await siko(*discard, by="operator:a@b")
    assert discarded.returncode == 0
    shown = await siko("show", "scheduler.1")
    told = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines() if " " in line)
    assert (told["state"], told["settled_by"], told["reason"]) == ("discarded", "a@b", "a test")
    again = await siko("replay", "scheduler.1")
    assert (again.returncode, again.stderr.partition(":")[0]) == (1, "AlreadyDone")


@pytest.mark.parametrize("identity", [{"auth": "off"}])
async def test_where_no_roles_are_judged_the_command_line_says_who_does_it(
    siko: Siko, repair: Callable[[], None]
) -> None:
    repair()
    await siko("replay", "--aggregate", "c1", "--actor", "a@b")
    listed = await siko("list", "--state", "replayed", "--output", "jsonl")
    assert {json.loads(line)["settled_by"] for line in listed.stdout.splitlines()} == {"a@b"}


async def test_what_nobody_has_parked_is_not_found(siko: Siko, reporting: ReadService) -> None:
    for arguments in (["show", "agenda.9"], ["replay", "agenda.9"], ["replay", "--aggregate", "x"]):
        refused = await siko(*arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("NotFound: ")


async def test_where_several_services_have_it_one_must_be_named(
    siko: Siko, client: Client, nats_server: NatsServer
) -> None:
    async def one(message: Any) -> None:
        item = {"id": "scheduler.1", "state": "parked"}
        await message.respond(json.dumps({"ok": True, "items": [item]}).encode())

    subscriber = await nats.connect(nats_server.url)
    await subscriber.subscribe("siko.query.reporting.dead_letters", cb=one)
    await subscriber.flush()
    await client.close()
    agenda = await nats.connect(nats_server.url)
    for service in OTHERS:
        await agenda.subscribe(f"siko.query.{service}.dead_letters", cb=one)
    await agenda.flush()
    refused = await siko("replay", "scheduler.1")
    assert refused.returncode == 2
    assert "say which by --service" in refused.stderr
    await subscriber.close()
    await agenda.close()


async def test_the_list_shows_what_the_others_have_and_ends_with_3_where_one_is_away(
    siko: Siko, repair: Callable[[], None], client: Client
) -> None:
    await client.close()  # with it go the write services
    listed = await siko("list")
    assert listed.returncode == 3
    assert [line.split()[:2] for line in listed.stdout.splitlines()[1:]] == [
        ["reporting", "scheduler.1"],
        ["reporting", "scheduler.2"],
    ]
    assert "no service listens there" in listed.stderr
    assert (await siko("list", "--service", "reporting")).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "--aggregate"),
        (["replay", "scheduler.1", "--aggregate", "c1"], "--aggregate"),
        (["discard", "scheduler.1"], "--reason"),
        (["list", "--state", "gone"], "parked, replayed, discarded"),
        (["list", "--service", "reprting"], "reporting"),
        (["replay", "scheduler.1", "--actor", "nobody"], "<function>@<body_id>"),
    ],
)
async def test_wrong_usage_says_what_is_wrong(arguments: list[str], said: str, siko: Siko) -> None:
    refused = await siko(*arguments)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert said in refused.stderr
