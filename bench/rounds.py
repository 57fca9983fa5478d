"""Measures floors and products alternately, in several rounds, so that other load of the machine affects all alike."""

import time
from collections.abc import Awaitable, Callable, Mapping

from bench.rows import median

ROUNDS = 8


def interleaved(
    measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> dict[str, float]:
    """Return the median per measurement over the rounds; every round runs all measurements back to back."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return {name: median(values) for name, values in figures.items()}


def times(work: Callable[[], object], seconds: float) -> list[float]:
    """Call repeatedly for `seconds`; return the seconds of each call."""
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        work()
        taken.append(time.perf_counter() - began)
    return taken


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began
