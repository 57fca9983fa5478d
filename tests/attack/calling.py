"""Somebody who is signed in and goes on working while a system is attacked: how soon each answer came."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from siko.client import Client, connect

from tests.deployment import Deployment

PAUSE_SECONDS = 0.01
LEAST_CALLS = 10
SPIN_SECONDS = 0.2

Call = Callable[[Client], Awaitable[Any]]


class Caller:
    """Asks the same again and again, one call after the other, on a connection of its own."""

    def __init__(self, system: Deployment, call: Call) -> None:
        self._system = system
        self._call = call
        self.seconds: list[float] = []
        self.refused: list[str] = []

    async def call_until(self, stop: asyncio.Event) -> None:
        system = self._system
        async with connect(system.nats_url, 20, system.folder, system.login("door")) as client:
            while not stop.is_set():
                began = time.monotonic()
                answer = await self._call(client)
                self.seconds.append(time.monotonic() - began)
                if not answer.ok:
                    self.refused.append(answer.error.code)
                await asyncio.sleep(PAUSE_SECONDS)

    def p99(self) -> float:
        assert len(self.seconds) >= LEAST_CALLS, self.seconds
        return percentile(self.seconds, 0.99)


async def called_during(work: Callable[[], Awaitable[Any]], *callers: Caller) -> Any:
    """What the work returns; the callers call until it is done."""
    stop = asyncio.Event()
    calling = [asyncio.create_task(caller.call_until(stop)) for caller in callers]
    try:
        return await work()
    finally:
        stop.set()
        await asyncio.gather(*calling)


def crowding() -> float:
    """How many times as long as alone a busy process takes on this machine now: 1 where it has a core for itself."""
    began, spun = time.monotonic(), time.process_time()
    while time.process_time() - spun < SPIN_SECONDS:
        pass
    return max(1.0, (time.monotonic() - began) / SPIN_SECONDS)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
