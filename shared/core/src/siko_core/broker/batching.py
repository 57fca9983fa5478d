"""Something alone is done at once; what goes on following closely is done together.

Publishing and applying each cost a write to disk and a wake-up of other processes. Done for every event of a busy
client by itself, they take a third of its answers' time.
"""

import asyncio

CLOSE_SECONDS = 0.01
TOGETHER_SECONDS = 0.03
AT_ONCE = 2
"""So many pieces that follow closely do not wait: one command's events, and what others make of them."""


class Pace:
    """Of one loop: `wait` before looking for work, `begin` where there is some."""

    def __init__(self) -> None:
        self._began = float("-inf")
        self._in_a_row = 0
        self._is_close = False

    async def wait(self) -> None:
        """Not at all, or until the work that has gathered is worth it."""
        loop = asyncio.get_running_loop()
        self._is_close = loop.time() - self._began < CLOSE_SECONDS
        if self._is_close and self._in_a_row >= AT_ONCE:
            await asyncio.sleep(self._began + TOGETHER_SECONDS - loop.time())

    def begin(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._in_a_row = self._in_a_row + 1 if self._is_close else 0
