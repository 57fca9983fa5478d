"""One bad row costs its own command: the databases of a running system are made to refuse rows, and then everything."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from uuid import uuid4

import jwt
import nats
import pytest
from siko.client import Client
from siko.issuer import ALGORITHM, Issuer
from siko.roles import SignIn
from siko_contracts.answers import Answer, Refusal
from siko_contracts.messages import AUTHORIZATION, query_subject

from tests.attack.conftest import DATABASES
from tests.deployment import Deployment, databases, deployed, files
from tests.wounds import constrained, narrowed, nothing_written_by, read_only

LONG_ID = f"lr-{'x' * 60}"
MOST_SECONDS = 15.0
OF_THE_RECORD = 'siko_rows_refused_total{service="scheduler",store="record"}'
BEHIND = 'siko_follower_lag_events{producer="scheduler",service="reporting"}'
OF_THE_ACCESS_LOG = 'siko_rows_refused_total{service="scheduler",store="access_log"}'


@pytest.fixture(scope="module", params=DATABASES)
def system(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Deployment]:
    """Wounded by each test, and healed by it."""
    folder = tmp_path_factory.mktemp("rows")
    if request.param == "sqlite":
        urls = files(folder)
    else:
        urls = databases(request.getfixturevalue("postgres_server"), "rows")
    with deployed(folder, urls) as system:
        yield system


async def register(client: Client, authority_id: str) -> Any:
    body = {
        "authority_id": authority_id,
        "name": "Landrat Test",
        "kind": "landrat",
        "district": "br-koeln",
        "valid_from": "2007-01-01",
    }
    return await client.command("scheduler", "register_authority", body)


async def appoint(client: Client, authority_id: str, command_id: str | None = None) -> Any:
    """Seals a name with the authority's key."""
    body = {
        "authority_id": authority_id,
        "function": "Landrat",
        "name": "Erika Mustermann",
        "valid_from": "2007-01-01",
    }
    return await client.command("scheduler", "appoint_head", body, command_id=command_id)


def figure(system: Deployment, service: str, name: str) -> float:
    """A metric's sample, by name and further labels as they are written."""
    with urllib.request.urlopen(f"{system.url(service)}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])


def until(what: Callable[[], Any]) -> Any:
    """What it returns, once that is true."""
    deadline = time.monotonic() + MOST_SECONDS
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)
    return found


def failing(system: Deployment, service: str, check: str) -> str | None:
    """Why this check fails; None where it does not."""
    return (system.failing(service) or {}).get(check)


def is_ready(system: Deployment, service: str) -> bool:
    return system.failing(service) == {}


def test_a_key_that_its_store_does_not_take_costs_its_own_command_only(system):
    command_id = str(uuid4())
    ids = [f"lr-{number}" for number in range(21)]

    async def prepare(client: Client) -> None:
        for answer in await asyncio.gather(*(register(client, each) for each in [LONG_ID, *ids])):
            assert isinstance(answer, Answer), answer

    async def together(client: Client) -> tuple[Any, list[Any]]:
        bad, *others = await asyncio.gather(
            appoint(client, LONG_ID, command_id), *(appoint(client, each) for each in ids[:-1])
        )
        return bad, [*others, await appoint(client, ids[-1])]

    asyncio.run(system.ask(prepare))
    with narrowed(system.database_urls["scheduler_keys"], "sealing_keys", "owner", 50):
        bad, others = asyncio.run(system.ask(together))
        assert isinstance(bad, Refusal)
        assert bad.error.code == "NotStorable"
        assert [type(other) for other in others] == [Answer] * len(ids)
        assert is_ready(system, "scheduler")
    assert figure(system, "scheduler", OF_THE_RECORD) >= 1  # more where the client did not wait
    said = system.log_file("scheduler").read_text().splitlines()
    line = next(line for line in said if command_id in line)
    assert json.loads(line)["event"] == "not_storable"
    assert LONG_ID not in line
    again = asyncio.run(system.ask(lambda client: appoint(client, LONG_ID, command_id)))
    assert isinstance(again, Answer)


def test_a_line_that_the_access_log_does_not_take_costs_its_own_answer_only(system):
    issuer = Issuer(system.folder)
    auditor = SignIn.parse("auditor")

    def token(sub: str) -> str:
        claims = jwt.decode(issuer.token(auditor), options={"verify_signature": False})
        headers = {"kid": issuer.public["kid"]}
        return jwt.encode(
            claims | {"sub": sub, "jti": str(uuid4())}, issuer._key, ALGORITHM, headers
        )

    async def ask(client: Any, name: str, token: str) -> str | None:
        """The code of the refusal; None where it was answered."""
        subject, headers = query_subject("scheduler", name), {AUTHORIZATION: f"Bearer {token}"}
        answer = json.loads((await client.request(subject, b"{}", 10, headers=headers)).data)
        return None if answer["ok"] else answer["error"]["code"]

    async def together() -> tuple[list[str | None], list[str | None]]:
        client = await nats.connect(system.nats_url)
        try:
            long, nul, plain = token("x" * 150), token("a\0b"), issuer.token(auditor)
            bad = ask(client, "log", long), ask(client, "register", long), ask(client, "log", nul)
            good = (ask(client, "log", plain) for _ in range(8))
            answers = await asyncio.gather(*bad, *good)
            return answers[:3], [*answers[3:], await ask(client, "log", plain)]
        finally:
            await client.close()

    with narrowed(system.database_urls["scheduler_access"], "accesses", "subject", 100):
        (log, register_, _), others = asyncio.run(together())
        assert (log, register_) == ("NotStorable", None)
        assert others == [None] * 9
        assert is_ready(system, "scheduler")
        until(lambda: figure(system, "scheduler", OF_THE_ACCESS_LOG) >= 2)


def wounds(system: Deployment) -> list[tuple[str, str, AbstractContextManager[None]]]:
    """Service, check that fails, and what makes it fail."""
    if system.database_urls["scheduler"].startswith("sqlite"):
        return [
            (service, check, nothing_written_by(system.processes[service].pid))
            for service, check in (
                ("scheduler", "store"),
                ("reporting", "store"),
                ("agenda", "keys"),
            )
        ]
    urls = system.database_urls
    return [
        ("scheduler", "store", read_only(urls["scheduler"])),
        ("agenda", "keys", read_only(urls["agenda_keys"])),
        ("invitations", "access_log", read_only(urls["invitations_access"])),
        ("reporting", "store", read_only(urls["reporting"])),
        ("reporting", "access_log", narrowed(urls["reporting_access"], "accesses", "asked", 3)),
    ]


def test_a_service_that_cannot_write_is_not_ready_until_it_can_again(system):
    for service, check, wound in wounds(system):
        with wound:
            reason = until(partial(failing, system, service, check))
            assert "cannot be written" in reason
            assert "SIKO_" in reason
        until(partial(is_ready, system, service))
    assert isinstance(asyncio.run(system.ask(lambda c: register(c, "lr-healed"))), Answer)


def test_where_the_views_cannot_be_written_nothing_is_parked(system):
    """No event is to blame: reporting waits, says that it is not ready, and goes on."""
    wound = constrained(system.database_urls["reporting"], "archive", "$producer = '(none)'")
    with wound:
        asyncio.run(system.ask(lambda client: register(client, "lr-unseen")))
        until(partial(failing, system, "reporting", "store"))
        until(lambda: "follower_waits" in system.log_file("reporting").read_text())
    until(partial(is_ready, system, "reporting"))
    until(lambda: figure(system, "reporting", BEHIND) == 0)
    assert figure(system, "reporting", 'siko_dead_letters{service="reporting"}') == 0


def test_while_the_record_is_read_only_no_command_is_to_blame(system):
    """It is asked to come again, and accepted once the store takes it."""
    scheduler = system.processes["scheduler"].pid
    url = system.database_urls["scheduler"]
    wound = nothing_written_by(scheduler) if url.startswith("sqlite") else read_only(url)
    refused_before = figure(system, "scheduler", OF_THE_RECORD)

    async def sent(client: Client) -> Any:
        pending = asyncio.create_task(register(client, "lr-read-only"))
        await asyncio.sleep(0)
        with wound:
            await asyncio.to_thread(until, partial(failing, system, "scheduler", "store"))
            other = asyncio.create_task(register(client, "lr-meanwhile"))
            done, _ = await asyncio.wait({other}, timeout=2)
            assert not done  # the client repeats what is Unavailable
        return await asyncio.gather(pending, other)

    assert [type(answer) for answer in asyncio.run(system.ask(sent))] == [Answer] * 2
    assert figure(system, "scheduler", OF_THE_RECORD) == refused_before
