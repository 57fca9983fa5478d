"""One seed: start, tell stories, inject faults, heal, wait until everything has arrived, judge."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from siko_contracts.messages import PRODUCERS

from tests.chaos import faults, story, views
from tests.chaos.checker import Seen, Violation, check
from tests.chaos.ledger import Entry, Ledger
from tests.chaos.reading import Reader, Unreadable
from tests.chaos.sending import Sender
from tests.chaos.system import Plan, System

DRAIN_SECONDS = 60.0
GAP_SECONDS = (0.5, 3.0)
FAULT_SECONDS = 60.0
SECRETARIATS, CLERKS = 6, 2
REPEATS_AT_ONCE = 32
STAGES = ("started", "drain", "check")
"""What is reported beside the faults."""
Report = Callable[[str], None]


@dataclass
class Result:
    """What the table shows of a seed."""

    seed: int
    folder: Path
    faults: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    uncertain: int = 0
    events: int = 0
    drain: float = 0.0
    restarts: int = 0
    violations: list[Violation] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(violation.kind == kind for violation in self.violations)


async def run(seed: int, plan: Plan, fault_count: int, report: Report) -> Result:
    """The folder with logs and ledger stays where something is violated."""
    folder = Path(tempfile.mkdtemp(prefix=f"siko-chaos-{seed}-"))
    result = Result(seed, folder)
    async with started(folder, plan) as system:
        report("started")
        client = await system.broker.connect()
        try:
            await _disturbed(system, client, result, fault_count, report)
        finally:
            await client.close()
        result.restarts = sum(len(kept.own_ends) for kept in system.programs)
    if not result.violations:
        shutil.rmtree(folder)
    return result


@asynccontextmanager
async def started(folder: Path, plan: Plan) -> AsyncIterator[System]:
    system = System(folder, plan)
    try:
        await system.start()
        yield system
    finally:
        await system.stop()


async def _disturbed(
    system: System, client: Client, result: Result, fault_count: int, report: Report
) -> None:
    random = Random(result.seed)
    ledger = Ledger(system.folder / "ledger.jsonl")
    sender = Sender(client, ledger, asyncio.Event())
    if system.plan.clock == "manual":
        sender.now = story.FIRST_DAY
    telling = [asyncio.create_task(task) for task in stories(sender, result.seed)]
    injector = faults.Injector(system, random)
    kinds = faults.drawn(faults.possible(system), fault_count, random)
    under_way = []
    for kind in kinds:
        await asyncio.sleep(random.uniform(*GAP_SECONDS))
        report(kind)
        under_way.append(
            asyncio.create_task(asyncio.wait_for(injector.inject(kind), FAULT_SECONDS))
        )
    failed = [e for e in await asyncio.gather(*under_way, return_exceptions=True) if e]
    if failed:
        raise ExceptionGroup("faults could not be injected", failed)  # type: ignore[type-var]
    result.faults = injector.done
    healed = time.monotonic()
    report("drain")
    sender.stopping.set()
    stuck = await drained(system, client, telling)
    result.drain = time.monotonic() - healed
    report("check")
    seen = await look(Reader(client), sender, ledger, stuck)
    ledger.close()
    result.violations = check(seen)
    result.commands = len(ledger.accepted)
    result.uncertain = sum(entry.uncertain for entry in ledger.entries)
    result.events = sum(map(len, seen.logs.values()))


def stories(sender: Sender, seed: int) -> list[Coroutine[Any, Any, None]]:
    """The clients; each ends some time after `sender.stopping`."""
    secretariats = [story.Secretariat(sender, seed, f"{n}") for n in range(SECRETARIATS)]
    bodies = [f"customs-{n}" for n in range(SECRETARIATS)]
    clerks = [story.Clerk(sender, seed, f"c{n}") for n in range(CLERKS)]
    told = [*(each.run() for each in secretariats), *(each.run(bodies) for each in clerks)]
    return [*told, story.clock(sender)] if sender.now else told


async def drained(
    system: System,
    client: Client,
    telling: Sequence[asyncio.Task[None]],
    seconds: float = DRAIN_SECONDS,
) -> list[str]:
    """Waits until all is answered, ready and followed to the end; says what is not so in time."""
    deadline = time.monotonic() + seconds
    _, late = await asyncio.wait(telling, timeout=seconds)
    for task in late:
        task.cancel()
    broken = [
        e
        for e in await asyncio.gather(*telling, return_exceptions=True)
        if isinstance(e, Exception)
    ]
    if broken:
        raise ExceptionGroup("the clients failed", broken)
    reader = Reader(client)
    behind = "unknown"
    still = 0
    while still < 2:
        try:
            async with asyncio.timeout(max(1.0, deadline - time.monotonic())):
                behind = await reader.behind(system.plan.services)
                if not behind and not await system.ready():
                    behind = "not every replica is ready"
        except (TimeoutError, Unreadable, NatsError, JetStreamError) as error:
            behind = f"{type(error).__name__}: {error}; before: {behind}"
        still = 0 if behind else still + 1
        if behind and time.monotonic() > deadline:
            return [f"not at rest after {seconds:g} s: {behind}"]
        await asyncio.sleep(0.1)
    return []


async def look(reader: Reader, sender: Sender, ledger: Ledger, stuck: list[str]) -> Seen:
    """Reads everything, after having sent every accepted command once more."""
    services = PRODUCERS
    logs = {service: await reader.log(service) for service in services}
    repeated = await _repeat(sender, ledger.accepted) if not stuck else []
    logs_after = {service: await reader.log(service) for service in services} if repeated else logs
    streams = {}
    for service in services:
        try:
            streams[service] = await reader.stream(service)
        except (Unreadable, JetStreamError, NatsError) as error:
            stuck = [*stuck, f"stream of {service}: {error}"]
    differing = []
    with suppress(asyncio.CancelledError):
        try:
            differing = await views.differences(reader, logs)
        except Unreadable as error:
            stuck = [*stuck, str(error)]
    if any(len(logs_after[s]) != len(logs[s]) for s in services):
        differing.append(Violation("doubled", "repeats of accepted commands made new events"))
    return Seen(ledger.entries, logs_after, streams, repeated, stuck, differing)


async def _repeat(sender: Sender, accepted: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    gate = asyncio.Semaphore(REPEATS_AT_ONCE)

    async def one(entry: Entry) -> tuple[Entry, Entry]:
        async with gate:
            return entry, await sender.again(entry)

    return list(await asyncio.gather(*(one(entry) for entry in accepted)))
