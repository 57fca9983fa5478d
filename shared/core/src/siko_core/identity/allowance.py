"""A rate limit with a fixed window, for what unknown callers can cause."""

import time
from collections.abc import Callable


class Allowance:
    """Allows `number` uses per window of `seconds`; a window begins with the first use after the last one ended."""

    def __init__(
        self, number: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._number = number
        self._seconds = seconds
        self._clock = clock
        self._taken = 0
        self._began = float("-inf")

    def take(self, number: int = 1) -> bool:
        """Whether so many more uses are within the limit; only those allowed are counted."""
        if self._clock() - self._began >= self._seconds:
            self._began, self._taken = self._clock(), 0
        if self._taken + number > self._number:
            return False
        self._taken += number
        return True
