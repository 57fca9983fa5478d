"""Limits wrong attempts at a secret, of each source and in all; right ones cost nothing."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from siko_contracts.answers import Refusal

from siko_core.refusals import Unavailable

log = structlog.get_logger()
OF_ONE, IN_ALL, WINDOW_SECONDS = 10, 1000, 60.0
"""Of one process. A secret of 256 bits is not guessed at any rate: this bounds what guessing costs."""


class Attempts:
    """Counts attempts that a command was refused with `wrong` for, in windows; the first one after a window begins the next.

    What is in flight counts too, until it is known to be right.
    """

    def __init__(self, wrong: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong = wrong
        self._clock = clock
        self._began = float("-inf")
        self._of = Counter[str]()
        self._in_all = 0

    async def limit(self, source: str, perform: Callable[[], Awaitable[Any]]) -> Any:
        """The outcome. Raises Unavailable, and performs nothing, if the source or all together have failed too often."""
        self._enter(source)
        began, outcome = self._began, None
        try:
            outcome = await perform()
        finally:
            if began == self._began and not self._is_wrong(outcome):
                self._of[source] -= 1
                self._in_all -= 1
        return outcome

    def _enter(self, source: str) -> None:
        now = self._clock()
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._of, self._in_all = now, Counter(), 0
        if self._of[source] >= OF_ONE or self._in_all >= IN_ALL:
            log.warning("too_many_attempts", number=self._in_all)
            raise Unavailable(
                "too many wrong attempts: repeat it later",
                retry_after_s=round(self._began + WINDOW_SECONDS - now, 1),
            )
        self._of[source] += 1
        self._in_all += 1

    def _is_wrong(self, outcome: Any) -> bool:
        return isinstance(outcome, Refusal) and outcome.error.code == self._wrong
