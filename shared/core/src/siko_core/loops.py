"""The loop of a background task: it runs again and again, and goes on after errors."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

T = TypeVar("T")
Failed = Callable[[Exception], float]
"""Logs an error and returns the seconds until the next attempt. Raises what no further attempt can mend."""


def unexpected(error: Exception) -> NoReturn:
    """No error is expected: raise it, which ends the task and so the process."""
    raise error


async def retry(attempt: Callable[[], Awaitable[T]], failed: Failed) -> T:
    """Return the result of the first attempt that succeeds; `failed` decides about the others."""
    while True:
        try:
            return await attempt()
        except Exception as error:  # noqa: BLE001 - `failed` raises those that it does not know
            pause = failed(error)
        await asyncio.sleep(pause)


async def repeat(work: Callable[[], Awaitable[float]], failed: Failed = unexpected) -> NoReturn:
    """Run `work` until cancelled, pausing as many seconds as it returns, or as `failed` does if it fails."""
    while True:  # noqa: ASYNC110 - it waits for a time, not for a state
        await asyncio.sleep(await retry(work, failed))
