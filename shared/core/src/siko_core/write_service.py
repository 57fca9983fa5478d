"""Assembles a write service: commands and followed events go in, one writer decides, events and answers come out."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Never, TypeVar, get_type_hints

import structlog
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import Command
from siko_contracts.events import Event, HistoryLost, Recorded
from siko_contracts.messages import COMMAND_ID, command_subject, query_subject
from siko_contracts.queries import AnyQuery, Query, QueryAnswer
from siko_contracts.queries.audit import History, Log
from siko_contracts.queries.operations import Positions

from siko_core.clock import seconds_to_next_day
from siko_core.databases import Writable
from siko_core.eventsourced.application import EventSourcedApplication, Saved
from siko_core.faults import Fault
from siko_core.follower.follower import Follower
from siko_core.follower.message import Followed
from siko_core.identity.attempts import Attempts
from siko_core.identity.guard import Guard
from siko_core.identity.headers import HEADERS, asker, metadata_of
from siko_core.identity.identity import IDENTITY, Identity, caller
from siko_core.identity.rights import AUTHORITIES, asks_for_own, ensure_own
from siko_core.loops import repeat, retry
from siko_core.metadata import service_actor
from siko_core.positions import Step
from siko_core.process import process, recover
from siko_core.process.lag import Measuring
from siko_core.process.metrics import Figures
from siko_core.process.process import broker_for
from siko_core.publishing import Contracts
from siko_core.recovery.compare import ensure_same_history
from siko_core.refusals import Unavailable
from siko_core.relay.relay import Relay
from siko_core.requests.dead_letters import DeadLetterOffice
from siko_core.requests.differences import Comparison
from siko_core.requests.history import EventLog
from siko_core.requests.progress import Progress
from siko_core.requests.sign_out import serve_sign_outs
from siko_core.requests.texts import Page
from siko_core.settings import Settings, SettingsError
from siko_core.store.lease import Lease
from siko_core.store.open import open_application
from siko_core.threads import QueryThreads
from siko_core.writer.job import command_job, service_job
from siko_core.writer.reactions import Reactions, ignore
from siko_core.writer.writer import RETRY_AFTER_S, Writer

log = structlog.get_logger()
A = TypeVar("A", bound=EventSourcedApplication)
R = TypeVar("R")
Decision = Callable[[A, Never], Saved]
"""Decides a command on an application. `Never`, because each function takes a command class of its own."""


@dataclass(frozen=True)
class ReadFirst(Generic[R]):
    """A decision on a command that is read first: beside the writer, for that may be slow."""

    read: Callable[[Any], R]
    decide: Callable[[Any, Any, R], Saved]

    @property
    def __name__(self) -> str:
        return self.decide.__name__

    def __call__(self, application: Any, command: Any) -> Saved:
        return self.decide(application, command, self.read(command))

    async def with_what_was_read(self, threads: QueryThreads, command: Command) -> Decision[Any]:
        """The decision, once the command is read, in the turn of its caller."""
        read = await threads.run(caller(), self.read, command)
        return lambda application, decided: self.decide(application, decided, read)


Policy = Callable[[Event, A], None]
"""Reacts to an event of another service."""
Read = Callable[[EventLog, Any, datetime], Sequence[BaseModel] | Page]
"""Answers a query from the event log, given the present moment; it runs beside the writer."""
RETRY_SECONDS = 5.0


class WriteService(Generic[A]):
    """One event-sourced service, declared in its `service.py`. Nothing runs before `main`."""

    takes = "beside its settings, the SIKO_… of the environment, there is `recover`"

    def __init__(
        self,
        application_class: type[A],
        contracts: Contracts,
        *,
        commands: Mapping[type[Command], Decision[A]],
        policy: Policy[A] | None = None,
        queries: Mapping[type[Query], Read] | None = None,
        follows: Sequence[str] = (),
        at_start: Callable[[A, str], Saved | None] | None = None,
        daily: Callable[[datetime], Command] | None = None,
        attempts: Mapping[type[Command], Attempts] | None = None,
        beside: "Callable[[WriteService[A]], Sequence[Coroutine[Any, Any, None]]] | None" = None,
    ) -> None:
        """Declare the service.

        `at_start`: decides once at every start, given the ruleset's name.
        `daily`: makes the command of a new day, under the system clock only.
        `attempts`: limits commands that bring a secret and say from which `source`.
        `beside`: background tasks of the service's own, for the world beside broker and store.
        Raises TypeError if a command's function takes another command, if its right is about things that the
        application cannot find, or if the service follows others without a policy.
        """
        self.name = application_class.name
        for model, decision in commands.items():
            _ensure_takes(decision, model)
            _ensure_named(application_class, model)
        if follows and policy is None:
            raise TypeError(f"{self.name} follows others and has no policy")
        self.application_class = application_class
        self.followers: Sequence[Follower] = ()
        self.contracts = contracts
        self.commands = commands
        self.policy = policy or ignore
        self.queries = queries or {}
        self.follows = follows
        self.at_start = at_start
        self.daily = daily
        self.attempts = attempts or {}
        self.beside = beside

    def main(self) -> None:
        """Run the command line: `siko-<service>`, or `siko-<service> recover`."""
        if sys.argv[1:2] == ["recover"]:
            recover.main(self.application_class, self.contracts, sys.argv[2:])
        else:
            process.run(self)

    def open(self, settings: Settings) -> None:
        self.settings = settings
        self.application, self.clock = open_application(self.application_class, settings)
        self.lease = Lease(settings.database_url.get_secret_value())
        self.query_threads = QueryThreads()
        self.log = EventLog(self.application, self.contracts)
        self.broker = broker_for(self.name, settings)
        self.guard = Guard(self.name, settings)
        for model, decision in self.commands.items():
            self._take_command(model, decision)
        self._answer_query(History, lambda query: Page(self.log.history(query)))
        self._answer_query(Log, lambda query: Page(self.log.log(query)))
        for query, read in self.queries.items():
            self._answer_query(query, self._page_of(read))
        self._answer_query(Positions, self._page_of(lambda log, *_: log.epochs()))
        self.comparison = Comparison(self.log, self.broker, self.guard)
        self.dead_letters = DeadLetterOffice(self.name, self.broker, self.guard)
        serve_sign_outs(self.broker, self.guard)

    def check_store(self) -> None:
        self.application.recorder.max_notification_id()

    def written(self) -> Mapping[str, Writable]:
        """The databases that must be writable; the store is probed by the writer itself, between two commits."""
        keyring, committer = self.application.keyring, self.writer.committer
        return {
            "store": Writable(
                lambda: self.writer.on_thread(committer.ensure_writable), "SIKO_DATABASE_URL"
            ),
            "keys": Writable(lambda: asyncio.to_thread(keyring.ensure_writable), "SIKO_KEYS_URL"),
            **self.guard.written(),
        }

    def hindrances(self) -> Mapping[str, str]:
        return self.guard.hindrances()

    async def check_history(self, client: Client) -> None:
        await ensure_same_history(self.application, self.contracts, client)

    def streams(self) -> Sequence[str]:
        return (self.name, *self.follows, *self.guard.streams())

    async def metrics(self) -> CollectorRegistry:
        return await self.figures.registry()

    def publishes(self) -> Sequence[type[Event]]:
        own = [translation.contract for translation in self.contracts.values()]
        return [*own, Recorded, HistoryLost]

    def tasks(self, client: Client) -> Sequence[Coroutine[Any, Any, None]]:
        self.writer = Writer(self.application)
        self.reactions = Reactions(self.application, self.policy, self.clock, self.writer)
        self.dead_letters.keeper = self.reactions
        self.progress = Progress(self.log.positions)
        self.comparison.connect(client)
        relay = Relay(
            self.application, self.contracts, client, self.writer.committed, self.writer.recent
        )
        self.followers = [
            Follower(
                self.name,
                producer,
                client,
                self.writer.place,
                self._react,
                take_lease=self.lease.take,
            )
            for producer in self.follows
        ]
        self.measuring = Measuring(
            self.name, client, self.log.positions, self.follows, relay, self.clock
        )
        self.figures = Figures(
            self.measuring,
            self.broker.subscribers,
            self.followers,
            self.dead_letters,
            self.writer,
        )
        tasks = [self.writer.run(), self.writer.expire(), relay.run(), self.dead_letters.watch()]
        tasks += self.guard.tasks(client)
        tasks += [follower.run() for follower in self.followers]
        if self.daily and not self.clock.manual:
            tasks.append(self._begin_days(self.daily))
        if self.beside:
            tasks += self.beside(self)
        return tasks

    async def started(self) -> None:
        if self.at_start:
            at_start = self.at_start

            def decide() -> Saved | None:
                return at_start(self.application, self.settings.ruleset)

            def failed(error: Exception) -> float:
                if not isinstance(error, Unavailable):
                    raise error
                return RETRY_AFTER_S

            outcome = await retry(
                lambda: self.writer.perform(service_job(self.application, decide)), failed
            )
            if isinstance(outcome, Refusal):
                raise SettingsError(f"SIKO_RULESET: {outcome.error.details}")

    def close(self) -> None:
        self.query_threads.close()
        self.measuring.close()
        self.guard.close()
        self.writer.close()
        self.lease.close()
        self.application.recorder.close()
        self.application.close()
        self.application.keyring.close()

    async def perform(self, decision: Decision[A], command: Command) -> Answer | Refusal:
        """Decide a command with the metadata of the request that is being handled."""
        metadata = metadata_of(command, self.clock)
        ensure_own = self._ensure_own(command)
        job = command_job(self.application, decision, command, metadata, ensure_own, asker=asker())
        outcome: Answer | Refusal = await self.writer.perform(job)
        if isinstance(outcome, Answer) and outcome.position is not None:
            await self.progress.moved({self.name: outcome.position})
        return outcome

    async def decide(self, command: Command) -> Answer | Refusal:
        """Decide a command of the table, with the metadata of the request that is being handled."""
        decision = self.commands[type(command)]
        if isinstance(decision, ReadFirst):
            decision = await decision.with_what_was_read(self.query_threads, command)
        return await self.perform(decision, command)

    async def decide_own(self, command: Command, command_id: str | None = None) -> Answer | Refusal:
        """Decide a command that the service gives itself, in a background task."""
        IDENTITY.set(
            Identity(sub=self.name, role="service", function=service_actor(self.name).function)
        )
        HEADERS.set({COMMAND_ID: command_id} if command_id else {})
        return await self.decide(command)

    def _ensure_own(self, command: Command) -> Callable[[EventSourcedApplication, Any], None]:
        """The check that the command names only what is the caller's. It runs in the decision, which loads those aggregates."""
        identity, access = IDENTITY.get(), command.ACCESS
        if identity is None:
            return lambda *_: None
        return lambda application, decided: ensure_own(application, access, identity, decided)

    def _take_command(self, model: type[Command], decision: Decision[A]) -> None:
        attempts = self.attempts.get(model)

        async def handle(request: Any) -> Answer | Refusal:
            if attempts is None:
                return await self.decide(request)
            outcome: Answer | Refusal = await attempts.limit(
                request.source, lambda: self.decide(request)
            )
            return outcome

        self.broker.serve(
            command_subject(self.name, model.NAME),
            queue=self.name,
            model=model,
            handle=handle,
            door=self.guard.command(model),
            description=(_function(decision).__doc__ or model.__doc__ or "").strip(),
        )

    def _page_of(self, read: Read) -> Callable[[Any], Page]:
        def page(query: Any) -> Page:
            answer = read(self.log, query, self.clock.now())
            items, cursor = answer if isinstance(answer, Page) else Page(answer)
            return Page([model.model_dump(mode="json") for model in items], cursor)

        return page

    def _answer_query(self, model: type[AnyQuery], read: Callable[[Any], Page]) -> None:
        async def handle(request: Any) -> QueryAnswer:
            await self.progress.reach(request.at_least)
            own = asks_for_own(door.access, IDENTITY.get(), request)

            def answer() -> tuple[dict[str, int], Page]:
                return self.log.positions(), read(request) if own else Page([])

            positions, page = await self.query_threads.run(caller(), answer)
            return QueryAnswer(
                as_of=request.as_of or self.clock.now(),
                position=positions,
                items=list(page.items),
                cursor=page.cursor,
            )

        door, subject = self.guard.query(model), query_subject(self.name, model.NAME)
        self.broker.serve(subject, queue=self.name, model=model, handle=handle, door=door)

    async def _react(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> None:
        parked = await self.reactions.apply(batch, step, fault)
        await self.progress.moved({step.producer: step.position})
        await self.dead_letters.tell(parked)

    async def _begin_days(self, daily: Callable[[datetime], Command]) -> None:
        """Perform the daily command at start and at each Berlin midnight; retry after an error. Only under the system clock."""

        async def begin() -> float:
            await self.decide_own(daily(datetime.now(UTC)))
            return seconds_to_next_day(datetime.now(UTC)) + 1

        def failed(error: Exception) -> float:
            log.error("day_not_begun", exc_info=error)
            return RETRY_SECONDS

        await repeat(begin, failed)


def _ensure_takes(decision: Callable[..., Saved], model: type[Command]) -> None:
    function = _function(decision)
    taken = get_type_hints(function)["command"]
    if taken is not model:
        raise TypeError(f"{function.__qualname__} takes {taken.__name__}, not {model.__name__}")


def _function(decision: Callable[..., Saved]) -> Callable[..., Saved]:
    return decision.decide if isinstance(decision, ReadFirst) else decision


def _ensure_named(application_class: type[EventSourcedApplication], model: type[Command]) -> None:
    """Raises TypeError if the right of a command is about a field that `NAMED` does not know."""
    if not model.ACCESS.own:
        return
    known = {*AUTHORITIES, *application_class.NAMED}
    if unknown := sorted({*model.ACCESS.names} - known):
        raise TypeError(
            f"{model.__name__}.ACCESS names {unknown}: add to {application_class.__name__}.NAMED what they name"
        )
