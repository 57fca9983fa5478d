"""Whether a service can do its work now: its database, its broker, the streams as they should be."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from nats.aio.client import Client

from siko_core import connection, topology
from siko_core.threads import Question

CHECK_SECONDS = 2.0


class Checked(Protocol):
    """What a service tells of its store and of the streams that it needs."""

    def check_store(self) -> None: ...
    def hindrances(self) -> Mapping[str, str]:
        """What else hinders it: check -> what is wrong."""

    def streams(self) -> Sequence[str]: ...


class Readiness:
    """Asks when somebody wants to know."""

    def __init__(self, part: Checked, *, is_open: bool = True) -> None:
        """`is_open`: its store is, and not only about to be."""
        self.is_open = is_open
        self.client: Client | None = None
        self._part = part
        self._store_answers = Question(part.check_store, "readiness")

    async def failing(self) -> dict[str, str]:
        """Check -> what is wrong and what to do; empty when the service is ready."""
        store, broker = await asyncio.gather(self._store(), self._broker())
        own = self._part.hindrances() if self.client is not None else {}
        return {**store, **broker, **own}

    def close(self) -> None:
        self._store_answers.close()

    async def _store(self) -> dict[str, str]:
        if not self.is_open:
            return {"store": "not open yet: waiting for its databases"}
        try:
            await asyncio.wait_for(asyncio.shield(self._store_answers.asked()), CHECK_SECONDS)
        except Exception as error:  # noqa: BLE001 - each means: not ready
            return {"store": f"{type(error).__name__}: the database does not answer"}
        return {}

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
