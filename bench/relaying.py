"""A full store goes out onto an empty stream, beside a bare window of acknowledged publishes; both on disk first."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import NotFoundError
from siko_contracts.messages import stream
from siko_core import topology
from siko_core.relay import Relay
from siko_core.streaming import message
from siko_scheduler.publishing import CONTRACTS

from bench.scheduler import Product, product

WINDOW = 256
PATIENCE_SECONDS = 60.0
STREAM = stream("scheduler")
BARE = "BENCH"


class Relaying:
    """One full store and one broker; each measurement begins with an empty stream."""

    def __init__(self, made: Product, stored: int, client: Client) -> None:
        self.made = made
        self.stored = stored
        self.client = client

    async def product(self) -> float:
        """Events a second of siko's relay."""
        with suppress(NotFoundError):
            await self.client.jetstream().delete_stream(STREAM)
        await topology.apply(self.client)
        relay = Relay(self.made.application, CONTRACTS, self.client, asyncio.Event())
        began = time.perf_counter()
        running = asyncio.create_task(relay.run())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while relay.published < self.stored:
                    await asyncio.sleep(0.002)
        finally:
            running.cancel()
        return self.stored / (time.perf_counter() - began)

    async def floor(self) -> float:
        """Messages a second, the same bodies, acknowledged to an own inbox, at most 256 on their way."""
        bodies = await asyncio.to_thread(self._bodies)
        jetstream = self.client.jetstream()
        with suppress(NotFoundError):
            await jetstream.delete_stream(BARE)
        await jetstream.add_stream(
            StreamConfig(name=BARE, subjects=["bench.window"], storage=StorageType.FILE)
        )
        began = time.perf_counter()
        await _publish(self.client, bodies)
        return len(bodies) / (time.perf_counter() - began)

    def _bodies(self) -> Sequence[bytes]:
        application = self.made.application
        stored = application.recorder.select_notifications(1, self.stored)
        return [
            message(application.name, CONTRACTS, application.mapper, each, 0).body
            for each in stored
        ]


@asynccontextmanager
async def relaying(
    nats_url: str, database_url: str, stored: int, folder: Path
) -> AsyncIterator[Relaying]:
    """`stored`: so many events are in the database."""
    client = await nats.connect(nats_url)
    with product(database_url, folder) as made:
        yield Relaying(made, stored, client)
    await client.close()


async def _publish(client: Client, bodies: Sequence[bytes]) -> None:
    room = asyncio.Semaphore(WINDOW)
    outstanding = len(bodies)
    done = asyncio.Event()

    async def acknowledge(reply: Msg) -> None:
        nonlocal outstanding
        if b'"error"' in reply.data:
            raise RuntimeError(reply.data)
        room.release()
        outstanding -= 1
        if not outstanding:
            done.set()

    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=acknowledge)
    for body in bodies:
        await room.acquire()
        await client.publish("bench.window", body, reply=inbox)
    await asyncio.wait_for(done.wait(), PATIENCE_SECONDS)
    await subscription.unsubscribe()
