"""A histogram that costs little to observe: it counts in place and is rendered only when the metrics are scraped."""

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

JOBS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Histogram:
    """Counts by bucket, without a lock: one thread observes, and a scrape may miss the latest observation."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Observe the seconds that the block takes, also if it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - began)

    def buckets(self) -> list[tuple[str, float]]:
        """Pairs of upper bound and cumulative count, as Prometheus expects them."""
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))
