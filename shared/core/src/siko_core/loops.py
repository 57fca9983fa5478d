"""The loop of a background task: it runs again and again, goes on after errors, and ends when it is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
CANCEL_AGAIN_SECONDS = 1.0
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


async def cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel the tasks repeatedly until all have ended.

    Python 3.11's `wait_for`, which nats-py uses too, loses a cancellation that coincides with its result.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
