"""Latency of one caller's commands while another caller floods the same service with queries as of a past time."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.flow import Flow, flow, paced
from bench.machine import ENGINES, Machine
from bench.replica import in_flight
from bench.rounds import ROUNDS
from bench.rows import Row, percentile

FILLED_SECONDS = 2.0
"""Of commands, which the queries then read."""
IN_FLIGHT = 64
IDLE_SECONDS = 0.01
SAMPLES = 50


def fair(machine: Machine) -> list[Row]:
    """Milliseconds until a command is answered, p99, during a flood of queries; floor: the same without it."""
    return [asyncio.run(_fair(machine, engine)) for engine in ENGINES]


async def _fair(machine: Machine, engine: str) -> Row:
    flooded: list[float] = []
    idle: list[float] = []
    async with flow(machine, engine, Flow) as running:
        await in_flight(IN_FLIGHT, running.command, FILLED_SECONDS)
        for _ in range(ROUNDS):
            idle += await paced(running.command, SAMPLES, IDLE_SECONDS)
            with _flood(machine.nats_url, running.folder):
                flooded += await paced(running.command, SAMPLES, IDLE_SECONDS)
            await running.view()
    p99, floor = (1000 * percentile(taken, 0.99) for taken in (flooded, idle))
    return Row("fair", engine, p99, floor, "ms")


@contextmanager
def _flood(nats_url: str, folder: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.flooding", nats_url, folder],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()  # it has been answered
        yield
    finally:
        process.terminate()
        process.wait()
