"""The writer, one thread that decides and commits. Jobs that queue during a commit share the next one (group commit)."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import structlog
from eventsourcing.persistence import Notification, PersistenceError
from prometheus_client import Histogram

from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.faults import cause_of, is_permanent
from siko_core.loops import cancel, repeat, retry
from siko_core.positions import Place
from siko_core.recovery.compare import HistoriesDiffer, end_service
from siko_core.refusals import Unavailable
from siko_core.writer.commit import Committer
from siko_core.writer.job import Job, settle

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")
BATCH = 500
MOST_WAITING = 5000
"""Limit of the queue, a few seconds of work. Beyond it jobs are refused with a time to retry after."""
RETRY_AFTER_S = 1
JOBS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Upper bounds of the buckets for a batch's jobs."""
LISTEN_AGAIN_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
"""How long a job may queue: a client waits as long before it retries."""


class Writer:
    """Runs the jobs of one application, and is the only user of its repository and of its recorder for writing."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder = application.recorder
        self.committer = Committer(application)
        self.committed = asyncio.Event()
        self.batches = self.jobs = 0
        self.batch_jobs = Histogram(
            "siko_writer_batch_jobs", "jobs a transaction", buckets=JOBS, registry=None
        )
        self._waiting: list[Job] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "writer")

    @property
    def parked(self) -> set[tuple[str, str]]:
        return self.committer.parked

    async def perform(self, job: Job) -> Any:
        """Queue the job; returns its outcome after the commit.

        Raises Unavailable if the queue is full, and the job's error if that is not a refusal to answer with.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("too much is waiting to be decided", retry_after_s=RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        job.done, job.since = loop.create_future(), loop.time()
        self._waiting.append(job)
        self._wake.set()
        return await job.done

    async def expire(self) -> None:
        """Keep answering Unavailable to jobs that have queued longer than PATIENCE_SECONDS. Nothing is recorded of them."""
        clock = asyncio.get_running_loop().time

        async def expire() -> float:
            late = [job for job in self._waiting if job.since < clock() - PATIENCE_SECONDS]
            self._waiting = [job for job in self._waiting if job not in late]
            for job in late:
                job.outcome = Unavailable("the store hangs", retry_after_s=RETRY_AFTER_S)
                settle(job)
            return PATIENCE_SECONDS / 2

        await repeat(expire)

    def recent(self, position: int) -> list[Notification]:
        """The events after this position, as far as they are among this writer's recent commits; may be empty."""
        return self.committer.recent(position)

    async def place(self, producer: str) -> Place:
        return await self.on_thread(self.recorder.place, producer)

    async def on_thread(
        self, function: Callable[P, T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        """Run a function on the writer's thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(function, *arguments, **options)
        )

    def close(self) -> None:
        """Stop the thread once the running commit has ended."""
        self._thread.shutdown()

    async def _listen(self) -> None:
        """Wake the relay on other replicas' commits. A hint only: its poll and the commit count are the guarantee."""

        def failed(error: Exception) -> float:  # whatever fails: listening only shortens waits
            log.info("listener_waits", reason=type(error).__name__)
            return LISTEN_AGAIN_SECONDS

        await retry(lambda: self.recorder.listen(self.committed.set), failed)

    async def run(self) -> None:
        """Decide and commit queued jobs until cancelled. An unreachable store fails the jobs, never the loop."""
        listening = asyncio.create_task(self._listen())
        try:
            while await self._wake.wait():
                await self._commit_waiting()
        finally:
            await cancel([listening])

    async def _commit_waiting(self) -> None:
        """Decide and commit the next batch of the queue."""
        jobs, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        left: Sequence[Job] = ()
        try:
            left = await self.on_thread(self.committer.commit, jobs)
        except HistoriesDiffer as error:
            end_service(self.application.name, error)
        except Exception as error:  # noqa: BLE001 - every job of the batch gets it as its outcome
            log.warning("commit_failed", jobs=len(jobs), error=cause_of(error))
            if isinstance(error, PersistenceError) and not is_permanent(error):
                error = Unavailable("the store does not answer", retry_after_s=RETRY_AFTER_S)
            for job in jobs:
                job.outcome = job.outcome or error
        self._waiting[:0] = left
        if not self._waiting:
            self._wake.clear()
        self.batches += 1
        self.jobs += len(jobs) - len(left)
        self.batch_jobs.observe(len(jobs) - len(left))
        for job in jobs:
            if job not in left:
                settle(job)
        self.committed.set()
