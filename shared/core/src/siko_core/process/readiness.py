"""Checks whether a service can work now: its databases, its broker, and the configuration of the streams."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from nats.aio.client import Client

from siko_core.broker import connection, topology
from siko_core.databases import Writable
from siko_core.faults import cause_of, cure_of
from siko_core.follower.follower import Follower
from siko_core.threads import Threads

CHECK_SECONDS = 2.0
WRITTEN_SECONDS = 2.0
"""How long a successful write check is cached: anybody who reaches the pages can trigger it."""


class Checked(Protocol):
    """The interface that readiness needs of a service: its stores, the streams it needs, and its followers."""

    followers: Sequence[Follower]

    def check_store(self) -> None: ...
    def written(self) -> Mapping[str, Writable]:
        """Return what must be writable, by the name of the check."""

    def hindrances(self) -> Mapping[str, str]:
        """Return what else prevents it from working: check -> what is wrong."""

    def streams(self) -> Sequence[str]: ...


class Readiness:
    """Runs the checks on demand; concurrent callers share one run."""

    def __init__(self, part: Checked, *, is_open: bool = True) -> None:
        """`is_open`: the store is open, not still being opened."""
        self.is_open = is_open
        self.client: Client | None = None
        self._part = part
        self._asking: asyncio.Future[dict[str, str]] | None = None
        self._asked: dict[str, asyncio.Future[object]] = {}
        self._written: dict[str, float] = {}
        self._threads = Threads("readiness")

    async def failing(self) -> dict[str, str]:
        """Return check -> what is wrong and what to do; empty if the service is ready."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._examine())
        return await asyncio.shield(self._asking)

    async def _examine(self) -> dict[str, str]:
        store, broker, *writing = await asyncio.gather(
            self._store(), self._broker(), *self._writing()
        )
        failing = {check: reason for checks in writing for check, reason in checks.items()}
        own = self._part.hindrances() if self.client is not None else {}
        return {**failing, **store, **broker, **own, **self._places()}

    def close(self) -> None:
        self._threads.close()

    async def _store(self) -> dict[str, str]:
        if not self.is_open:
            return {"store": "not open yet: waiting for its databases"}
        try:
            await self._question("reading", lambda: self._threads.run(self._part.check_store))
        except Exception as error:  # noqa: BLE001 - each means: not ready
            cause = cause_of(error)
            cure = cure_of(cause)
            return {"store": f"{cause}: {cure.what if cure else 'the database does not answer'}"}
        return {}

    def _writing(self) -> Sequence[Awaitable[dict[str, str]]]:
        """Check writing only once connected: by then the database is known to be the right one."""
        if self.client is None:
            return ()
        return [self._write(check, writable) for check, writable in self._part.written().items()]

    async def _write(self, check: str, writable: Writable) -> dict[str, str]:
        if time.monotonic() - self._written.get(check, float("-inf")) < WRITTEN_SECONDS:
            return {}
        try:
            await self._question(check, writable.write)
        except Exception as error:  # noqa: BLE001 - as above
            cause = cause_of(error)
            cure = cure_of(cause)
            what = f"{cure.what}." if cure else "does the database take writing, is a lock held?"
            return {check: f"{cause}: it cannot be written: {what} See {writable.setting}"}
        self._written[check] = time.monotonic()
        return {}

    async def _question(self, check: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Wait for a check, joining one that is still running. Raises TimeoutError if it takes too long."""
        asked = self._asked.get(check)
        if asked is None or asked.done():
            asked = self._asked[check] = asyncio.ensure_future(ask())
            asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait_for(asyncio.shield(asked), CHECK_SECONDS)

    async def _broker(self) -> dict[str, str]:
        if self.client is None:
            return {"nats": "not connected yet"}
        if connection.REFUSED:
            return {"nats": f"its login may not listen to {min(connection.REFUSED)}"}
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                differences = await topology.plan(self.client, only=self._part.streams())
        except Exception as error:  # noqa: BLE001 - each means: not ready
            return {"nats": f"{type(error).__name__}: the broker or its JetStream does not answer"}
        if not differences:
            return {}
        first = differences[0]
        return {
            "topology": f"{first.stream}: {first.field} is {first.found}, wanted {first.wanted};"
            " run `siko topology apply`, or keep it right with `siko topology apply --watch`"
        }

    def _places(self) -> dict[str, str]:
        """Report checkpoints beyond a stream's end: later events of that stream would be skipped as already applied."""
        beyond = [
            f"it stands at {shortfall.position} of {follower.producer}, whose stream ends at {shortfall.end}"
            for follower in self._part.followers
            if (shortfall := follower.shortfall) and shortfall.lasts()
        ]
        return {"places": "; ".join(beyond)} if beyond else {}
