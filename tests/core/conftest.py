"""Desks of the toy service on both databases, streams on a real broker, and running services."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from pydantic import SecretStr
from siko_core import process, topology
from siko_core.eventsourced import EventSourcedApplication
from siko_core.service import WriteService
from siko_core.settings import Settings
from siko_core.testing import Desk

from tests.conftest import NatsServer
from tests.core.toy import CONTRACTS, Notes

OpenDesk = Callable[..., Desk]
Serve = Callable[..., Awaitable[WriteService]]


@pytest.fixture
def open_desk(database_url: str, tmp_path: Path) -> Iterator[OpenDesk]:
    """Opens a desk on the test's database; a second one is a second replica, or the service after a restart."""
    opened: list[Desk] = []

    def open_one(application_class: type[EventSourcedApplication] = Notes) -> Desk:
        opened.append(Desk(application_class, CONTRACTS, tmp_path, database_url=database_url))
        return opened[-1]

    yield open_one
    for desk in opened:
        application: Any = desk.application
        application.recorder.close()
        application.close()
        desk.application.keyring.close()
        desk.writer._thread.shutdown()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


@pytest.fixture
async def client(nats_server: NatsServer) -> AsyncIterator[Client]:
    """A connection to a broker on which the streams are."""
    connection = await nats.connect(nats_server.url)
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
            nats_url=nats_server.url,
            database_url=SecretStr(given.pop("database_url", database_url)),
            keys_url=SecretStr(f"sqlite:///{tmp_path}/{service.name}-keys.db"),
            **{"clock": "manual", **given},
        )
        service.open(settings)
        own_client = await service.broker.connect()
        tasks = [asyncio.create_task(task) for task in service.tasks(own_client)]
        running.append((service, tasks))
        await service.started()
        await service.broker.start()
        return service

    yield serve_one
    for service, tasks in running:
        await process._stop(service, tasks)
        service.close()
    process.STOPPING.clear()
