"""Desks of the toy service on both databases, streams on a real broker, and running services."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from pydantic import SecretStr
from siko_contracts.queries.audit import Log
from siko_core.broker import topology
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.identity.guard import Door, Guard
from siko_core.loops import cancel
from siko_core.process import process
from siko_core.settings import Settings
from siko_core.testing import Desk
from siko_core.write_service import WriteService
from siko_core.writer.reactions import ignore

from tests.conftest import NatsServer
from tests.core import toy
from tests.core.producing import Producer
from tests.core.toy import CONTRACTS, Notes
from tests.core.waiting import until
from tests.signing import SignedIn, judging

OpenDesk = Callable[..., Desk]
Serve = Callable[..., Awaitable[WriteService]]


@pytest.fixture
def open_desk(database_url: str, tmp_path: Path) -> Iterator[OpenDesk]:
    """Opens a desk on the test's database; a second one is a second replica, or the service after a restart."""
    opened: list[Desk] = []

    def open_one(
        application_class: type[EventSourcedApplication] = Notes, policy: Any = ignore
    ) -> Desk:
        opened.append(
            Desk(application_class, CONTRACTS, tmp_path, policy=policy, database_url=database_url)
        )
        return opened[-1]

    yield open_one
    for desk in opened:
        application: Any = desk.application
        application.recorder.close()
        application.close()
        desk.application.keyring.close()
        desk.writer.close()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


@pytest.fixture
async def client(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Client]:
    """A signed-in connection to a broker on which the streams are."""
    connection = SignedIn(tmp_path)
    await connection.connect(nats_server.url)
    await topology.apply(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def serve(
    nats_server: NatsServer, client: Client, database_url: str, tmp_path: Path
) -> AsyncIterator[Serve]:
    """Starts a service as its process would, in this one; a second one on the same database is a replica."""
    running: list[tuple[WriteService, list[asyncio.Task[None]]]] = []

    async def serve_one(service: WriteService, **given: Any) -> WriteService:
        settings = Settings(
            nats_url=given.pop("nats_url", nats_server.url),
            database_url=SecretStr(given.pop("database_url", database_url)),
            keys_url=SecretStr(f"sqlite:///{tmp_path}/{service.name}-keys.db"),
            **{"clock": "manual", **_fields(judging(tmp_path, service.name)), **given},
        )
        service.open(settings)
        own_client = await service.broker.connect()
        tasks = [asyncio.create_task(task) for task in service.tasks(own_client)]
        running.append((service, tasks))
        await service.started()
        await service.broker.start()
        await own_client.flush()  # the server knows the subscriptions
        if service.guard.verifier is not None:
            await until(lambda: service.guard.signouts._client)  # who has signed out is known
        return service

    yield serve_one
    for service, tasks in running:
        await process._stop(service, tasks)
    await asyncio.get_running_loop().shutdown_default_executor()
    for service, _ in running:
        service.close()
    process.STOPPING.clear()


@pytest.fixture
async def door(client: Client, tmp_path: Path) -> AsyncIterator[Door]:
    """The door of `log`, for subscribers that a test declares itself."""
    guard = Guard("scheduler", Settings(**_fields(judging(tmp_path, "door"))))
    tasks = [asyncio.create_task(task) for task in guard.tasks(client)]
    await until(lambda: guard.signouts._client)
    yield guard.query(Log)
    await cancel(tasks)
    guard.close()


def _fields(environment: dict[str, str]) -> dict[str, Any]:
    return {name.removeprefix("SIKO_").lower(): value for name, value in environment.items()}


class Process:
    """The toy service as a process of its own, as in production; both of its outputs are in the file `heard`."""

    def __init__(self, environment: dict[str, str], heard: Path) -> None:
        self.heard = heard
        with heard.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, toy.__file__],
                env={n: v for n, v in os.environ.items() if not n.startswith("SIKO_")}
                | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = f"http://127.0.0.1:{environment['SIKO_HTTP_PORT']}"

    def said(self) -> str:
        return self.heard.read_text()

    def stop(self) -> int:
        """Its exit code."""
        self.process.terminate()
        return self.process.wait(20)


@pytest.fixture
async def start_process(
    nats_server: NatsServer, database_url: str, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """Starts the toy service; returns when it answers, or at once where `until_ready` is false."""
    started: list[Process] = []

    async def start(*, until_ready: bool = True, **given: str) -> Process:
        environment = {
            "SIKO_NATS_URL": nats_server.url,
            "SIKO_DATABASE_URL": database_url,
            "SIKO_KEYS_URL": f"sqlite:///{tmp_path}/keys.db",
            "SIKO_CLOCK": "manual",
            **judging(tmp_path, "scheduler"),
            "SIKO_HTTP_PORT": str(_free_port()),
        } | given
        running = Process(environment, tmp_path / f"heard-{len(started)}")
        started.append(running)
        if until_ready:
            connection = SignedIn(tmp_path)
            await connection.connect(nats_server.url)

            async def answers() -> bool:
                assert running.process.poll() is None, running.said()
                try:
                    reply = await connection.request("siko.query.scheduler.log", timeout=1)
                    return bool(json.loads(reply.data)["ok"])
                except (NoRespondersError, NatsTimeout):
                    return False

            await until(answers)
            await connection.close()
        return running

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def producer(client: Client) -> Producer:
    return Producer(client)


@pytest.fixture
async def follow(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Awaitable[WriteService]]:
    """Starts a service that follows the scheduler and counts what it hears; silence is noticed within a second."""
    monkeypatch.setattr("siko_core.follower.follower.HEARTBEAT_SECONDS", 0.25)
    monkeypatch.setattr("siko_core.follower.follower.SILENCE_SECONDS", 0.75)
    monkeypatch.setattr("siko_core.follower.follower.STANDBY_SECONDS", 0.1)

    async def start() -> WriteService:
        return await serve(toy.following_service())

    return start
