"""How far a producer's stream ends before a follower's place: normal while it is filled anew, a fault where it lasts."""

import time
from dataclasses import dataclass

FILLING_SECONDS = 5.0
"""A stream that is being filled grows several times a second; a relay that is hindered tries again after one."""


@dataclass(frozen=True)
class Shortfall:
    """Where the follower stands, where the stream ends, and since when it has ended there (monotonic seconds)."""

    position: int
    end: int
    since: float

    def at(self, end: int, now: float) -> "Shortfall":
        """The same where the stream has not moved."""
        return self if end == self.end else Shortfall(self.position, end, now)

    def lasts(self, now: float | None = None) -> bool:
        """Whether the stream has not moved for so long that nobody fills it."""
        return (time.monotonic() if now is None else now) - self.since > FILLING_SECONDS
