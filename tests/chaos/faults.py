"""The faults, drawn by seed: each kind that this host can do at least once, on whatever it hits."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError
from siko_contracts.messages import PRODUCERS, stream

from tests.chaos import clock, disk, network
from tests.chaos.system import System

HOUR = 3600
RETRY_SECONDS = 0.2
ONE_OF_ALL = 0.5
COPY_SECONDS = (1.0, 4.0)
"""So old is the copy that a stream is rolled back to."""


@dataclass
class Injector:
    """Injects one fault a call; returns when it is over. Several may be under way at once."""

    system: System
    random: Random
    done: Counter[str] = field(default_factory=Counter)

    async def inject(self, kind: str) -> None:
        await KINDS[kind](self)
        self.done[kind] += 1

    def seconds(self, least: float, most: float) -> float:
        return self.random.uniform(least, most)

    async def kill(self) -> None:
        """kill -9 of a replica, of who keeps the streams, or of one of PostgreSQL's own processes."""
        cluster, broker = self.system.cluster.kept, self.system.broker.kept
        chosen = self.random.choice([kept for kept in self.system.programs if kept is not broker])
        async with chosen.turn:
            killed = False
            while not killed:
                killed = chosen.kill_child(self.random) if chosen is cluster else chosen.kill()
                await asyncio.sleep(RETRY_SECONDS)

    async def pause(self) -> None:
        """Any program; of PostgreSQL all processes, or the one that may hold what the others wait for."""
        chosen = self.random.choice(self.system.programs)
        seconds = self.seconds(1, 6)
        which = self.random if self.random.random() < ONE_OF_ALL else None
        async with chosen.turn, chosen.paused(which):
            await asyncio.sleep(seconds)

    async def nats_kill(self) -> None:
        seconds = self.random.choice((0.0, self.seconds(0, 4)))
        async with self.system.broker.kept.turn, self.system.broker.kept.down():
            await asyncio.sleep(seconds)

    async def postgres_stop(self) -> None:
        """Immediate: no checkpoint, no farewell; it recovers from its log."""
        seconds = self.random.choice((0.0, self.seconds(0, 4)))
        kept = self.system.cluster.kept
        async with kept.turn, kept.down(signal.SIGQUIT):
            await asyncio.sleep(seconds)

    async def database_away(self) -> None:
        """One service's own; the others go on."""
        seconds = self.seconds(0.5, 4)
        service = self.random.choice(self.system.plan.services)
        async with self.system.cluster.kept.turn, self.system.cluster.away(service):
            await asyncio.sleep(seconds)

    async def stream_rolled_back(self) -> None:
        seconds = self.seconds(*COPY_SECONDS)
        broker = self.system.broker
        async with broker.kept.turn:
            await broker.copy()
            await asyncio.sleep(seconds)
            await broker.roll_back()

    async def stream_wiped(self) -> None:
        """Its files are gone, or somebody deleted it."""
        service = self.random.choice(PRODUCERS)
        by_hand = self.random.random() < 0.5
        async with self.system.broker.kept.turn:
            if by_hand:
                await self._by_hand(lambda jetstream: jetstream.delete_stream(stream(service)))
            else:
                await self.system.broker.wipe(service)

    async def consumer_deleted(self) -> None:
        """All of a stream, as whoever cleans up the server would do it."""
        name = stream(self.random.choice(PRODUCERS))

        async def delete(jetstream: JetStreamContext) -> bool:
            found = await jetstream.consumers_info(name)
            for consumer in found:
                await jetstream.delete_consumer(name, consumer.name)
            return bool(found)

        await self._by_hand(delete)

    async def link_cut(self) -> None:
        """Sometimes for longer than it takes to notice."""
        chosen = self.random.choice([r for r in self.system.replicas if r.namespace])
        seconds = self.random.choice((self.seconds(1, 6), self.seconds(6, 20)))
        if self.system.network and chosen.namespace:
            with self.system.network.cut(chosen.namespace):
                await asyncio.sleep(seconds)

    async def disk_full(self) -> None:
        seconds = self.seconds(1, 5)
        full = {"nats": self.system.broker.kept, "postgres": self.system.cluster.kept}
        if self.system.disk and self.system.plan.small_disk:
            async with full[self.system.plan.small_disk].turn:
                with self.system.disk.full():
                    await asyncio.sleep(seconds)

    async def clock_stepped(self) -> None:
        """An hour ahead or behind, and some seconds later the other way."""
        chosen = self.random.choice([r.own_clock for r in self.system.replicas if r.own_clock])
        seconds = self.seconds(2, 8)
        chosen.step(self.random.choice((-HOUR, HOUR)))
        await asyncio.sleep(seconds)
        chosen.step(0)

    async def _by_hand(self, act: Callable[[JetStreamContext], Awaitable[bool]]) -> None:
        """As an administrator would: once more where the server is away, or there is nothing yet to do it to."""
        client = await self.system.broker.connect()
        try:
            done = False
            while not done:
                with suppress(NatsError, JetStreamError, TimeoutError):
                    done = await act(client.jetstream())
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            await client.close()


KINDS: dict[str, Callable[[Injector], Awaitable[None]]] = {
    "kill": Injector.kill,
    "pause": Injector.pause,
    "nats kill": Injector.nats_kill,
    "postgres stop": Injector.postgres_stop,
    "database away": Injector.database_away,
    "stream rolled back": Injector.stream_rolled_back,
    "stream wiped": Injector.stream_wiped,
    "consumer deleted": Injector.consumer_deleted,
    "link cut": Injector.link_cut,
    "disk full": Injector.disk_full,
    "clock stepped": Injector.clock_stepped,
}


def hindrances() -> dict[str, str]:
    """Kinds that cannot be done on this host, and why."""
    found = {
        "link cut": network.hindrance(),
        "disk full": disk.hindrance(),
        "clock stepped": clock.hindrance(),
    }
    return {kind: reason for kind, reason in found.items() if reason}


def possible(system: System) -> list[str]:
    """Kinds that this system can suffer."""
    without = {
        "link cut": system.network is None,
        "disk full": system.disk is None,
        "clock stepped": not any(replica.own_clock for replica in system.replicas),
    }
    return [kind for kind in KINDS if not without.get(kind)]


def drawn(kinds: Sequence[str], count: int, random: Random) -> list[str]:
    """Each of them once, the rest at random, in any order; processes are killed most."""
    often = [*kinds, "kill", "kill", "pause"]
    chosen = list(kinds)[:count] + [random.choice(often) for _ in range(count - len(kinds))]
    random.shuffle(chosen)
    return chosen
