"""A service that only reads: it follows others and answers queries from its own store."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from siko_contracts.events import Event
from siko_contracts.messages import query_subject
from siko_contracts.queries import AnyQuery, QueryAnswer
from siko_contracts.queries.operations import Positions

from siko_core.databases import StoreUnreachable, Writable, unusable
from siko_core.faults import Fault, is_permanent
from siko_core.follower.follower import Follower
from siko_core.follower.message import Followed
from siko_core.identity.guard import Guard
from siko_core.identity.identity import IDENTITY, Identity, caller
from siko_core.letters import Letter, LetterFilter
from siko_core.positions import Place, Step
from siko_core.process import process
from siko_core.process.lag import Measuring
from siko_core.process.metrics import Figures
from siko_core.process.process import broker_for
from siko_core.requests.dead_letters import DeadLetterOffice
from siko_core.requests.progress import Progress
from siko_core.requests.sign_out import serve_sign_outs
from siko_core.settings import Settings
from siko_core.store.lease import Lease
from siko_core.threads import QueryThreads, Threads


class Store(Protocol):
    """The store of a read service; all methods are called in threads."""

    def place(self, producer: str) -> tuple[int, int]: ...
    def apply(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> Sequence[Letter]: ...
    def letters(self, selection: LetterFilter) -> Sequence[Letter]: ...
    def count_parked(self) -> int: ...
    def change(
        self, selection: LetterFilter, changed: Callable[[Letter], Letter], *, replay: bool
    ) -> Sequence[Letter]: ...
    def positions(self) -> dict[str, int]: ...
    def ensure_writable(self) -> None:
        """Raises Unavailable if nothing can be written."""

    def answer(self, name: str, query: Any, reader: Identity | None) -> QueryAnswer:
        """Answer a query with what the reader may see; None may see everything."""

    def close(self) -> None: ...


class ReadService:
    """A service that follows others and answers queries from its own store."""

    takes = (
        "it has settings, the SIKO_… of the environment, and nothing to recover:"
        " with an empty database it follows everything anew"
    )

    def __init__(
        self,
        name: str,
        open_store: Callable[[str], Store],
        *,
        follows: Sequence[str],
        queries: Mapping[str, type[AnyQuery]],
    ) -> None:
        self.name = name
        self.open_store = open_store
        self.followers: Sequence[Follower] = ()
        self.follows = follows
        self.queries = queries

    def main(self) -> None:
        process.run(self)

    def open(self, settings: Settings) -> None:
        url = settings.database_url.get_secret_value()
        try:
            self.store = self.open_store(url)
        except Exception as error:  # whatever the driver raises: the store is unusable
            raise StoreUnreachable(unusable(url, error)) from error
        self.lease = Lease(url)
        self.query_threads = QueryThreads()
        self.broker = broker_for(self.name, settings)
        self.guard = Guard(self.name, settings)
        for model in self.queries.values():
            self._answer_query(model)
        self._answer_query(Positions)
        self.dead_letters = DeadLetterOffice(self.name, self.broker, self.guard)
        self.dead_letters.keeper = self
        serve_sign_outs(self.broker, self.guard)

    def check_store(self) -> None:
        self.store.positions()

    def written(self) -> Mapping[str, Writable]:
        write = partial(asyncio.to_thread, self.store.ensure_writable)
        return {"store": Writable(write, "SIKO_DATABASE_URL"), **self.guard.written()}

    def hindrances(self) -> Mapping[str, str]:
        return self.guard.hindrances()

    async def check_history(self, client: Client) -> None:
        """Nothing to check: a read service has no history of its own."""

    def streams(self) -> Sequence[str]:
        return (*self.follows, *self.guard.streams())

    async def metrics(self) -> CollectorRegistry:
        return await self.figures.registry()

    def publishes(self) -> Sequence[type[Event]]:
        return []

    def tasks(self, client: Client) -> Sequence[Coroutine[Any, Any, None]]:
        self.progress = Progress(self.store.positions)
        self.followers = [
            Follower(
                self.name, producer, client, self._place, self._apply, take_lease=self.lease.take
            )
            for producer in self.follows
        ]
        self.following = Threads("follower", len(self.follows))
        self.measuring = Measuring(self.name, client, self.store.positions, self.follows)
        self.figures = Figures(
            self.measuring, self.broker.subscribers, self.followers, self.dead_letters
        )
        running = [follower.run() for follower in self.followers]
        return [self.dead_letters.watch(), *running, *self.guard.tasks(client)]

    async def started(self) -> None:
        """Nothing to do: a read service decides nothing."""

    def close(self) -> None:
        for threads in (self.query_threads, self.following, self.measuring):
            threads.close()
        self.guard.close()
        self.lease.close()
        self.store.close()

    async def _place(self, producer: str) -> Place:
        return Place(*await self.following.run(self.store.place, producer))

    async def _apply(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> None:
        try:
            parked = await self.following.run(self.store.apply, batch, step, fault)
        except Exception as error:
            if is_permanent(
                error
            ):  # the event's fault, unless the database accepts no writes at all
                await self.following.run(self.store.ensure_writable)
            raise
        await self.progress.moved({step.producer: step.position})
        await self.dead_letters.tell(parked)

    async def letters(self, selection: LetterFilter) -> Sequence[Letter]:
        return await asyncio.to_thread(self.store.letters, selection)

    async def count_parked(self) -> int:
        return await asyncio.to_thread(self.store.count_parked)

    async def change(
        self, selection: LetterFilter, changed: Callable[[Letter], Letter], *, replay: bool = False
    ) -> Sequence[Letter]:
        change = partial(self.store.change, selection, changed, replay=replay)
        return await asyncio.to_thread(change)

    def _answer_query(self, model: type[AnyQuery]) -> None:
        name, door = model.NAME, self.guard.query(model)

        async def handle(request: Any) -> QueryAnswer:
            await self.progress.reach(request.at_least)
            identity = IDENTITY.get()
            reader = identity if identity and identity.role not in door.access.free else None
            return await self.query_threads.run(caller(), self.store.answer, name, request, reader)

        subject = query_subject(self.name, name)
        self.broker.serve(subject, queue=self.name, model=model, handle=handle, door=door)
