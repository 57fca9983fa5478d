"""A system with clients on it: they tell their stories, come to an end, and all is judged."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from siko_contracts.messages import PRODUCERS

from tests.chaos import story, views
from tests.chaos.checker import Seen, Violation, check
from tests.chaos.ledger import Entry, Ledger
from tests.chaos.reading import Reader, Unreadable
from tests.chaos.sending import Sender
from tests.chaos.system import Plan, System

DRAIN_SECONDS = 60.0
REPEATS_AT_ONCE = 32
ALL_OF_THEM = 1_000_000
DEAD = "siko.dead.*"


@dataclass
class Trial:
    system: System
    client: Client
    ledger: Ledger
    sender: Sender
    drain: float = 0.0
    events: int = 0
    dead: list[str] = field(default_factory=list)
    """Notices of events that were parked: no fault may lead to one."""
    _telling: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def reader(self) -> Reader:
        return Reader(self.client, self.system.issuer)

    def tell(self, *stories: Coroutine[Any, Any, None]) -> None:
        """Each ends some time after `sender.stopping`."""
        self._telling += map(asyncio.create_task, stories)

    async def end(
        self,
        seconds: float = DRAIN_SECONDS,
        repeats: int = ALL_OF_THEM,
        unmoved: float = DRAIN_SECONDS,
    ) -> list[Violation]:
        """Waits for the end of what is told and until it has arrived everywhere; then judges.

        Not for longer than so many seconds, of them `unmoved` without a change of who is behind. Of the accepted
        commands so many are sent once more, spread over the run.
        """
        began = time.monotonic()
        self.sender.stopping.set()
        stuck = await self._drained(began + seconds, unmoved)
        self.drain = time.monotonic() - began
        seen = await self._look(stuck, repeats)
        self.events = sum(map(len, seen.logs.values()))
        return check(seen)

    async def silence(self) -> None:
        """Whoever still tells something stops in the middle of it."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _drained(self, deadline: float, unmoved: float) -> list[str]:
        """What is not so in time: all is answered, every replica ready, everything followed to its end."""
        if self._telling:
            _, late = await asyncio.wait(self._telling, timeout=deadline - time.monotonic())
            for task in late:
                task.cancel()
            ended = await asyncio.gather(*self._telling, return_exceptions=True)
            broken = [error for error in ended if isinstance(error, Exception)]
            if broken:
                raise ExceptionGroup("the clients failed", broken)
        reader = self.reader
        before, since, still = "", time.monotonic(), 0
        while still < 2:
            behind = await self._behind(reader, deadline)
            still = 0 if behind else still + 1
            if behind != before:
                before, since = behind, time.monotonic()
            if behind and time.monotonic() > min(deadline, since + unmoved):
                return [f"not at rest in time: {behind}"]
            await asyncio.sleep(0.1)
        return []

    async def _behind(self, reader: Reader, deadline: float) -> str:
        try:
            async with asyncio.timeout(max(1.0, deadline - time.monotonic())):
                look = await reader.looked(self.system.plan.services)
                missing = look.behind(look.ends)
                waiting = [r.kept.name for r in self.system.replicas if not await r.ready()]
        except (TimeoutError, Unreadable, NatsError, JetStreamError) as error:
            return f"{type(error).__name__} {error}"
        return "; ".join([*missing, *(f"{name} is not ready" for name in waiting)])

    async def _look(self, stuck: list[str], repeats: int) -> Seen:
        """Reads everything, and sends accepted commands once more; that must change nothing."""
        reader = self.reader
        services = [service for service in PRODUCERS if service in self.system.plan.services]
        logs = {service: await reader.log(service) for service in services}
        found: list[Violation] = [Violation("lost", f"parked: {notice}") for notice in self.dead]
        streams = {}
        for service in services:
            try:
                streams[service] = await reader.stream(service)
            except (Unreadable, JetStreamError, NatsError) as error:
                stuck.append(f"the stream of {service}: {error}")
        if "reporting" in self.system.plan.services:
            try:
                found += await views.differences(reader, logs)
            except Unreadable as error:
                stuck.append(str(error))
        repeated = [] if stuck else await self._repeat(repeats)
        for service in services if repeated else ():
            if len(await reader.log(service)) != len(logs[service]):
                found.append(Violation("doubled", f"{service}: repeats made new events"))
        return Seen(self.ledger.entries, logs, streams, repeated, stuck, found)

    async def _repeat(self, count: int) -> list[tuple[Entry, Entry]]:
        accepted = self.ledger.accepted
        chosen = accepted[:: max(1, len(accepted) // count)]
        gate = asyncio.Semaphore(REPEATS_AT_ONCE)

        async def one(entry: Entry) -> tuple[Entry, Entry]:
            async with gate:
                return entry, await self.sender.again(entry)

        return list(await asyncio.gather(*map(one, chosen)))


@asynccontextmanager
async def trial(folder: Path, plan: Plan) -> AsyncIterator[Trial]:
    """A started system and clients that tell nothing yet; ledger and logs are in the folder."""
    system = System(folder, plan)
    ledger = Ledger(folder / "ledger.jsonl")
    client: Client | None = None
    made: Trial | None = None
    try:
        await system.start()
        client = await system.broker.connect()
        sender = Sender(client, system.issuer, ledger, asyncio.Event())
        if plan.clock == "manual":
            sender.now = story.FIRST_DAY
        made = Trial(system, client, ledger, sender)

        dead = made.dead

        async def note(notice: Msg) -> None:
            dead.append(f"{notice.subject} {notice.data.decode()}")

        await client.subscribe(DEAD, cb=note)
        yield made
    finally:
        if made:
            await made.silence()
        if client:
            await client.close()
        await system.stop()
        ledger.close()


def everybody(sender: Sender, seed: int, count: Sequence[int]) -> list[Coroutine[Any, Any, None]]:
    """So many secretariats and clerks, and the clock where it is manual."""
    secretariats, clerks = count
    told = [story.Secretariat(sender, seed, f"{n}").run() for n in range(secretariats)]
    bodies = [f"customs-{n}" for n in range(secretariats)]
    told += [story.Clerk(sender, seed, f"c{n}").run(bodies) for n in range(clerks)]
    return [*told, story.clock(sender)] if sender.now else told
