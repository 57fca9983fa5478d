"""Waiting until a service has seen what the asker has seen: `at_least`."""

import asyncio
from collections.abc import Callable, Mapping

from siko_core.refusals import InvalidCommand, NotYetKnown

PATIENCE_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 0.05  # another replica may have moved the positions


class Progress:
    """Positions in a store, and a wake-up for who waits for them."""

    def __init__(self, read: Callable[[], Mapping[str, int]]) -> None:
        self._read = read
        self._moved = asyncio.Condition()

    async def moved(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def reach(self, at_least: Mapping[str, int]) -> dict[str, int]:
        """The positions, once they have reached these; NotYetKnown after two seconds."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            positions = dict(await asyncio.to_thread(self._read))
            if unknown := set(at_least) - set(positions):
                raise InvalidCommand(at_least=f"nobody here follows {', '.join(sorted(unknown))}")
            if all(positions[name] >= position for name, position in at_least.items()):
                return positions
            if asyncio.get_running_loop().time() >= deadline:
                raise NotYetKnown(position=positions)
            async with self._moved:
                try:
                    await asyncio.wait_for(self._moved.wait(), LOOK_AGAIN_SECONDS)
                except TimeoutError:
                    continue
