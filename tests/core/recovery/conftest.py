"""A service that has published seven events, and whose database then knows only of two."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.aio.client import Client

from tests.core.recovery.restored import Copy, Service, amend, withdraw, write

LATER = "2025-01-02T09:00:00+01:00"


@pytest.fixture
def service(database_url: str, tmp_path: Path, client: Client) -> Iterator[Service]:
    made = Service(database_url, tmp_path, client)
    yield made
    made.close()


@pytest.fixture
async def restored(service: Service) -> Service:
    """It published seven events; its database is again as it was after the second."""
    service.does(write("a"), write("b"))
    await service.publishes()
    service.close()
    copy = Copy(service.url)
    service.now = LATER
    service.does(amend("a"), amend("a"), withdraw("a"), write("c"), withdraw("c"))
    await service.publishes()
    service.close()
    copy.put_back()
    return service
