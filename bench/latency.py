"""Latency of a command's answer and of its effect in the view, and throughput of the whole system."""

import asyncio

from bench import floors
from bench.answering import Answers
from bench.flow import Flow, flow, paced
from bench.machine import ENGINES, Machine
from bench.replica import in_flight
from bench.rounds import ROUNDS
from bench.rows import Row, median, percentile

SECONDS = 0.25
WARM_SECONDS = 1.0
REPLY_ROUNDS = 2 * ROUNDS
"""Wake-ups of a virtual machine take longer in one second than in the next."""
IDLE_SECONDS = 0.01
SAMPLES = 50
FLOOR_SAMPLES = 25
IN_FLIGHT = 64
LOADED_SECONDS = 1.2


def reply(machine: Machine) -> list[Row]:
    """Milliseconds until the answer, one in flight, p50; floor: an echo's round trip, then a raw commit.

    Both parts of the floor run one after the other, as in the product: a thread that waited in between wakes up more slowly.
    """
    return [asyncio.run(_reply(machine, engine)) for engine in ENGINES]


def visible(machine: Machine) -> list[Row]:
    """Milliseconds until reporting has committed the view, p50, and p99 (floor: the p50).

    The system is idle for 10 ms before each command, and so it is before each commit and round trip of the floor,
    which is 2 commits and 4 round trips: to wake up costs more than the work. Seen by a notification from a
    trigger on reporting's table (SQLite: by the file's change counter), so that no query takes its time.
    """
    return [row for engine in ENGINES for row in asyncio.run(_visible(machine, engine))]


def pipeline(machine: Machine) -> list[Row]:
    """Answers of invited bodies a second, from the client into the view, 64 in flight; floor: raw commits at 8 connections."""
    return [asyncio.run(_pipeline(machine, "postgresql"))]


async def _reply(machine: Machine, engine: str) -> Row:
    product, floor = [], []
    async with flow(machine, engine, Flow) as running:
        await in_flight(1, running.command, WARM_SECONDS)
        with floors.commit(machine.database(engine)) as commit:

            async def answered_and_on_disk() -> None:
                await running.round_trip()
                commit()

            for _ in range(REPLY_ROUNDS):
                floor.append(1000 * median(await in_flight(1, answered_and_on_disk, 2 * SECONDS)))
                product.append(1000 * median(await in_flight(1, running.command, 2 * SECONDS)))
                await _calm(running)
    return Row("reply", engine, median(product), median(floor), "ms")


async def _visible(machine: Machine, engine: str) -> list[Row]:
    product, floor = [], []
    async with flow(machine, engine, Flow) as running:
        await paced(running.view, FLOOR_SAMPLES, IDLE_SECONDS)
        with floors.commit(machine.database(engine)) as commit:

            async def on_disk() -> None:
                commit()

            for _ in range(ROUNDS):
                commits = await paced(on_disk, FLOOR_SAMPLES, IDLE_SECONDS)
                round_trips = await paced(running.round_trip, FLOOR_SAMPLES, IDLE_SECONDS)
                product += await paced(running.view, SAMPLES, IDLE_SECONDS)
                floor.append(1000 * (2 * median(commits) + 4 * median(round_trips)))
    p50, p99 = 1000 * median(product), 1000 * percentile(product, 0.99)
    return [
        Row("visible", engine, p50, median(floor), "ms"),
        Row("visible_tail", engine, p99, p50, "ms"),
    ]


async def _pipeline(machine: Machine, engine: str) -> Row:
    product, floor = [], []
    bare = machine.database(engine)
    async with flow(machine, engine, Answers) as running:
        await running.throughput(IN_FLIGHT, LOADED_SECONDS)
        for _ in range(ROUNDS):
            floor.append(await asyncio.to_thread(floors.commits_a_second, bare, 2 * SECONDS))
            product.append(await running.throughput(IN_FLIGHT, LOADED_SECONDS))
    return Row("pipeline", engine, median(product), median(floor), "commands/s")


async def _calm(running: Flow) -> None:
    """Wait until the last command is in the view, so that no work of it is left."""
    await running.view()
