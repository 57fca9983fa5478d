"""Separate threads for each kind of work, so that no kind waits behind another."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import copy_context
from functools import partial
from typing import Generic, ParamSpec, TypeVar
from weakref import WeakValueDictionary

P = ParamSpec("P")
T = TypeVar("T")
QUERY_THREADS = 4
SWITCH_SECONDS = 0.0005
"""Python's switch interval. Only one thread runs at a time: with the default of 5 ms a command waits that long, several
times, behind each query that rebuilds aggregates.
"""


def switch_often() -> None:
    """Shorten the switch interval, so that a thread gets the interpreter soon, however long another computes."""
    sys.setswitchinterval(SWITCH_SECONDS)


class Threads:
    """A pool of at most `number` threads, each started when first needed."""

    def __init__(self, name: str, number: int = 1) -> None:
        self._pool = ThreadPoolExecutor(number, name)

    def begin(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> "asyncio.Future[T]":
        """Submit work. Its exception is retrieved even if nobody awaits the future any more."""
        run = partial(copy_context().run, work, *given, **named)
        future = asyncio.get_running_loop().run_in_executor(self._pool, run)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    async def run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await self.begin(work, *given, **named)

    def close(self) -> None:
        """Wait for running work, then end the threads."""
        self._pool.shutdown()


class QueryThreads:
    """Runs queries in threads, those of one caller one after the other, so that other callers find a free thread."""

    def __init__(self) -> None:
        self._threads = Threads("query", QUERY_THREADS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(
        self, caller: str | None, work: Callable[P, T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Run a query. A `caller` of None is unknown and not serialised."""
        async with self._turn(caller):
            return await self._threads.run(work, *given, **named)

    def close(self) -> None:
        self._threads.close()

    def _turn(self, caller: str | None) -> AbstractAsyncContextManager[None]:
        """Return the caller's lock, which exists as long as somebody holds it or waits for it."""
        if caller is None:
            return nullcontext()
        return self._turns.setdefault(caller, asyncio.Lock())


class Question(Generic[T]):
    """A call in its own thread, shared by concurrent callers: it may hang, and must not then be started again."""

    def __init__(self, ask: Callable[[], T], name: str) -> None:
        self._ask = ask
        self._threads = Threads(name)
        self._asked: asyncio.Future[T] | None = None

    def asked(self) -> "asyncio.Future[T]":
        """Return the future of the running call, or start one. Callers share it: shield it from their cancellation."""
        if self._asked is None or self._asked.done():
            self._asked = self._threads.begin(self._ask)
        return self._asked

    def close(self) -> None:
        self._threads.close()
