"""Limits on requests in flight, in total and per caller: a request over the limit is told to retry later."""

from collections import Counter

from siko_core.refusals import Unavailable

RETRY_AFTER_S = 1


def too_many() -> Unavailable:
    return Unavailable(
        "too many requests are in flight: repeat it later", retry_after_s=RETRY_AFTER_S
    )


class Admission:
    """Limits for one kind of request. The caller None stands for all unknown callers, and has no limit per caller."""

    def __init__(self, most: int, most_of_one: int, most_bytes: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._most_bytes = most_bytes
        self._of: Counter[str | None] = Counter()
        self._number = self._bytes = 0

    def is_full(self, caller: str | None) -> bool:
        return (
            self._number >= self._most
            or self._bytes >= self._most_bytes
            or (caller is not None and self._of[caller] >= self._most_of_one)
        )

    def enter(self, caller: str | None, size: int) -> None:
        """Count a request in. Raises Unavailable if a limit is reached; otherwise `leave` must follow."""
        if self.is_full(caller):
            raise too_many()
        self._number += 1
        self._bytes += size
        self._of[caller] += 1

    def leave(self, caller: str | None, size: int) -> None:
        self._number -= 1
        self._bytes -= size
        self._of[caller] -= 1
        if not self._of[caller]:
            del self._of[caller]


class Turn:
    """One request's share of the limits, `size` bytes, for as long as it is in flight."""

    def __init__(self, admission: Admission, caller: str | None, size: int) -> None:
        """Raises Unavailable if a limit is reached."""
        admission.enter(caller, size)
        self._admission = admission
        self._caller = caller
        self._size = size

    def move(self, admission: Admission, caller: str | None) -> None:
        """Count the request against another admission or caller from now on. Raises Unavailable if a limit is reached."""
        if (admission, caller) != (self._admission, self._caller):
            admission.enter(caller, self._size)
            self.end()
            self._admission, self._caller = admission, caller

    def end(self) -> None:
        self._admission.leave(self._caller, self._size)
