"""Measures how far a stream ends before a follower's checkpoint: normal during a refill, a fault if it persists."""

import time
from dataclasses import dataclass

FILLING_SECONDS = 5.0
"""Tolerance: a stream that is being refilled grows several times a second, and a relay that fails retries after 1 s."""


@dataclass(frozen=True)
class Shortfall:
    """The follower's position, the stream's last position, and since when that has not moved (monotonic seconds)."""

    position: int
    end: int
    since: float

    def at(self, end: int, now: float) -> "Shortfall":
        """Update with the stream's end; unchanged if the stream has not moved."""
        return self if end == self.end else Shortfall(self.position, end, now)

    def lasts(self, now: float | None = None) -> bool:
        """Whether the stream has stood still longer than a refill would."""
        return (time.monotonic() if now is None else now) - self.since > FILLING_SECONDS
