"""Threads for one kind of work each, so that no other kind waits behind it."""

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
"""For Python runs one thread at a time: with its own 5 ms a command waits that long, several times, behind each query that folds."""


def switch_often() -> None:
    """Whoever waits for the interpreter gets it soon, however long somebody else computes."""
    sys.setswitchinterval(SWITCH_SECONDS)


class Threads:
    """At most so many; each begins when it is needed."""

    def __init__(self, name: str, number: int = 1) -> None:
        self._pool = ThreadPoolExecutor(number, name)

    def begin(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> "asyncio.Future[T]":
        """Its error is looked at even where nobody waits any more."""
        run = partial(copy_context().run, work, *given, **named)
        future = asyncio.get_running_loop().run_in_executor(self._pool, run)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    async def run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await self.begin(work, *given, **named)

    def close(self) -> None:
        """Waits for what is being done."""
        self._pool.shutdown()


class QueryThreads:
    """Where queries run: those of one caller one after the other, so that others find a thread at once."""

    def __init__(self) -> None:
        self._threads = Threads("query", QUERY_THREADS)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(
        self, caller: str | None, work: Callable[P, T], *given: P.args, **named: P.kwargs
    ) -> T:
        """`caller`: None where nobody is known."""
        async with self._turn(caller):
            return await self._threads.run(work, *given, **named)

    def close(self) -> None:
        self._threads.close()

    def _turn(self, caller: str | None) -> AbstractAsyncContextManager[None]:
        """Kept as long as somebody holds it or waits for it."""
        if caller is None:
            return nullcontext()
        return self._turns.setdefault(caller, asyncio.Lock())


class Question(Generic[T]):
    """What is asked in a thread of its own, and not twice at once: whoever answers may hang."""

    def __init__(self, ask: Callable[[], T], name: str) -> None:
        self._ask = ask
        self._threads = Threads(name)
        self._asked: asyncio.Future[T] | None = None

    def asked(self) -> "asyncio.Future[T]":
        """Of many who wait for it: to be shielded from their cancellation."""
        if self._asked is None or self._asked.done():
            self._asked = self._threads.begin(self._ask)
        return self._asked

    def close(self) -> None:
        self._threads.close()
