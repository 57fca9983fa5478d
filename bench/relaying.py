"""Publishing a full store to an empty stream, compared with a bare window of acknowledged publishes; both to disk."""

import asyncio
import time
from collections.abc import Sequence

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StorageType, StreamConfig
from siko_core.relay.message import message
from siko_core.relay.relay import Relay
from siko_scheduler.publishing import CONTRACTS

from bench.filling import fill
from bench.flow import clear_streams
from bench.machine import ENGINES, Machine
from bench.rows import Row, median
from bench.scheduler import Scheduling

EVENTS = 3000
ROUNDS = 5
WINDOW = 256
PATIENCE_SECONDS = 60.0
BARE = "BENCH"


def relay(machine: Machine) -> list[Row]:
    """Events per second; floor: the same bodies, acknowledged to an inbox of our own, at most 256 in flight."""
    rows = []
    for engine in ENGINES:
        database = machine.database(engine)
        stored = fill(database, machine.folder, EVENTS)
        with Scheduling.on(database, machine.folder) as replica:
            rows.append(asyncio.run(_relay(machine, engine, replica, stored)))
    return rows


async def _relay(machine: Machine, engine: str, replica: Scheduling, stored: int) -> Row:
    ours, floor = [], []
    bodies = _bodies(replica, stored)
    client = await nats.connect(machine.nats_url)
    for _ in range(ROUNDS):
        await clear_streams(client)
        floor.append(await _publish(client, bodies))
        ours.append(await _run(client, replica, stored))
    await clear_streams(client)
    await client.close()
    return Row("relay", engine, median(ours), median(floor), "events/s")


async def _run(client: Client, replica: Scheduling, stored: int) -> float:
    relay = Relay(replica.application, CONTRACTS, client, asyncio.Event())
    began = time.perf_counter()
    running = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while relay.published < stored:  # noqa: ASYNC110 - the relay has no event for it
                await asyncio.sleep(0.002)
    finally:
        running.cancel()
    return stored / (time.perf_counter() - began)


async def _publish(client: Client, bodies: Sequence[bytes]) -> float:
    await client.jetstream().add_stream(
        StreamConfig(name=BARE, subjects=["bench.window"], storage=StorageType.FILE)
    )
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
    began = time.perf_counter()
    for body in bodies:
        await room.acquire()
        await client.publish("bench.window", body, reply=inbox)
    await asyncio.wait_for(done.wait(), PATIENCE_SECONDS)
    taken = time.perf_counter() - began
    await subscription.unsubscribe()
    return len(bodies) / taken


def _bodies(replica: Scheduling, stored: int) -> list[bytes]:
    application = replica.application
    return [
        message(application.name, CONTRACTS, application.mapper, notification, 0).body
        for notification in application.recorder.select_notifications(1, stored)
    ]
