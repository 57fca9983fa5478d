"""So many in a period, and no more: for what strangers may cause."""

import time
from collections.abc import Callable


class Allowance:
    """The period begins with the first that is taken, and is over after so many seconds."""

    def __init__(
        self, number: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._number = number
        self._seconds = seconds
        self._clock = clock
        self._taken = 0
        self._began = float("-inf")

    def take(self, number: int = 1) -> bool:
        """Whether it is still allowed; only what is allowed counts."""
        if self._clock() - self._began >= self._seconds:
            self._began, self._taken = self._clock(), 0
        if self._taken + number > self._number:
            return False
        self._taken += number
        return True
