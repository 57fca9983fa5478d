"""Desks of the toy service on both databases, streams on a real broker, and running services."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from siko_core import topology
from siko_core.eventsourced import EventSourcedApplication
from siko_core.testing import Desk

from tests.conftest import NatsServer
from tests.core.toy import CONTRACTS, Notes

OpenDesk = Callable[..., Desk]


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
