"""Waiting until a system is quiescent: every event has been applied by every follower."""

import asyncio
import time
from collections.abc import Mapping

from siko_contracts.messages import FOLLOWS, PRODUCERS
from siko_contracts.queries.operations import Positions

from siko.client import Client
from siko.output import unreachable

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.1


async def settle(client: Client) -> dict[str, int]:
    """Wait until two successive polls show the same positions, applied by all followers; return them."""
    deadline = time.monotonic() + client.deadline_s
    before: dict[str, int] | None = None
    pause = SHORTEST_PAUSE_S
    while True:
        seen = await _positions(client)
        own = {producer: seen[producer].get(producer, 0) for producer in PRODUCERS}
        if behind := _behind(seen, own):
            before = None
        elif own == before:
            return own
        else:
            before = own
            continue
        if time.monotonic() >= deadline:
            raise unreachable(
                f"the system at {client.url} did not come to rest in {client.deadline_s:g} s: {behind};"
                " look whether that service runs and what it logs"
            )
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def last_position(client: Client, producer: str) -> int:
    """Return the position of the last event in a service's log; 0 if it is empty."""
    answer = await client.view(producer, Positions.NAME)
    return answer.position.get(producer, 0)


async def _positions(client: Client) -> dict[str, Mapping[str, int]]:
    services = (*PRODUCERS, "reporting")
    answers = await asyncio.gather(*(client.view(service, Positions.NAME) for service in services))
    return {service: answer.position for service, answer in zip(services, answers, strict=True)}


def _behind(seen: Mapping[str, Mapping[str, int]], own: Mapping[str, int]) -> str:
    """Return a sentence on the followers that lag; empty if none does."""
    return ", ".join(
        f"{service} has seen {seen[service].get(producer, 0)} of {producer}'s {last}"
        for service, follows in FOLLOWS.items()
        for producer, last in own.items()
        if producer != service
        and (producer in follows or producer in seen[service])
        and seen[service].get(producer, 0) < last
    )
