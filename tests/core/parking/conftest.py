"""A service that stumbles, on both databases, without a broker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.core.parking.hearing import Replica, Stumbling, policy

OpenReplica = Callable[[], Replica]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("siko_core.follower.parking.PAUSE_SECONDS", 0.001)


@pytest.fixture
async def open_replica(open_desk: Any) -> AsyncIterator[OpenReplica]:
    """Opens one on the test's database; again for a second one, or for the service after a restart."""
    opened: list[Replica] = []

    def open_one() -> Replica:
        opened.append(Replica(open_desk(Stumbling, policy)))
        return opened[-1]

    yield open_one
    for replica in opened:
        replica.running.cancel()
    await asyncio.gather(*(replica.running for replica in opened), return_exceptions=True)


@pytest.fixture
async def replica(open_replica: OpenReplica) -> Replica:
    return open_replica()
