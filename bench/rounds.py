"""Floors and products in turn, several times over: what the machine does besides hits all of them alike."""

import time
from collections.abc import Awaitable, Callable, Mapping

from bench.rows import median

ROUNDS = 8


def interleaved(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """The median of each over the rounds; every round measures each once, back to back."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return {name: median(values) for name, values in figures.items()}


def times(work: Callable[[], object], seconds: float) -> list[float]:
    """Seconds that each call took, for so long."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        work()
        taken.append(time.perf_counter() - began)
    return taken


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that one call took."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
