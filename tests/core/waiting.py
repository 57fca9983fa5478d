"""Waiting for something to become true, with a deadline and never a fixed sleep."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

SECONDS = 15.0


async def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """What it returns (or, awaited, results in) once that is true; AssertionError when time is up."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = what()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, "it did not become true in time"
        await asyncio.sleep(0.01)
