"""Adaptive batching: isolated work runs immediately, bursts are coalesced for 30 ms.

Publishing and applying each cost a write to disk and a wake-up of other processes. Done separately for every event of
a busy client, they take a third of its response time.
"""

import asyncio

CLOSE_SECONDS = 0.01
TOGETHER_SECONDS = 0.03
AT_ONCE = 2
"""How many pieces of work in quick succession do not wait: one command's events, and other services' reactions."""


class Pace:
    """Paces one loop: call `wait` before looking for work, and `begin` when there is some."""

    def __init__(self) -> None:
        self._began = float("-inf")
        self._in_a_row = 0
        self._is_close = False

    async def wait(self) -> None:
        """Return at once for isolated work; in a burst wait until TOGETHER_SECONDS after the last work began."""
        loop = asyncio.get_running_loop()
        self._is_close = loop.time() - self._began < CLOSE_SECONDS
        if self._is_close and self._in_a_row >= AT_ONCE:
            await asyncio.sleep(self._began + TOGETHER_SECONDS - loop.time())

    def begin(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._in_a_row = self._in_a_row + 1 if self._is_close else 0
