"""Waits until a service has caught up with the positions in a request's `at_least`: read your own writes."""

import asyncio
from collections.abc import Callable, Mapping

from siko_core.refusals import InvalidCommand, NotYetKnown

PATIENCE_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 0.05  # another replica may have moved the positions


class Progress:
    """The positions a store is known to have reached, and a wake-up for waiting requests. Positions only increase."""

    def __init__(self, read: Callable[[], Mapping[str, int]]) -> None:
        self._read = read
        self._known: dict[str, int] = {}
        self._moved = asyncio.Condition()
        self._look = asyncio.Lock()

    async def moved(self, positions: Mapping[str, int]) -> None:
        """Record that this replica has reached these positions, and wake the waiting requests."""
        async with self._moved:
            self._note(positions)
            self._moved.notify_all()

    async def reach(self, at_least: Mapping[str, int]) -> None:
        """Return when these positions have been reached.

        Raises NotYetKnown after PATIENCE_SECONDS, InvalidCommand if a producer is not followed here.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while not self._reached(at_least):
            async with self._look:  # of all waiting requests, one reads the store
                if not self._reached(at_least):
                    self._note(await asyncio.to_thread(self._read))
            if unknown := set(at_least) - set(self._known):
                raise InvalidCommand(at_least=f"nobody here follows {', '.join(sorted(unknown))}")
            async with self._moved:
                if self._reached(at_least):
                    return
                if asyncio.get_running_loop().time() >= deadline:
                    raise NotYetKnown(position=dict(self._known))
                try:
                    await asyncio.wait_for(self._moved.wait(), LOOK_AGAIN_SECONDS)
                except TimeoutError:
                    continue

    def _note(self, positions: Mapping[str, int]) -> None:
        for name, position in positions.items():
            self._known[name] = max(position, self._known.get(name, 0))

    def _reached(self, at_least: Mapping[str, int]) -> bool:
        return all(self._known.get(name, -1) >= position for name, position in at_least.items())
