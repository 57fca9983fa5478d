"""The one thread that decides and commits: what waits while a commit runs shares the next one, and is decided meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event, Lock
from typing import Any

import structlog
from eventsourcing.persistence import Notification, PersistenceError

from siko_core.committing import Begun, Committing, at_once
from siko_core.comparing import HistoriesDiffer, end_process
from siko_core.eventsourced import EventSourcedApplication
from siko_core.faults import is_permanent
from siko_core.histogram import JOBS, Histogram
from siko_core.jobs import Batch, Job, command_job, settle
from siko_core.refusals import Unavailable
from siko_core.steps import Place

__all__ = ["Job", "Writer", "command_job"]

log = structlog.get_logger()
BATCH = 500
WORTH_DIVIDING = 16
"""So many waiting jobs become two batches: the second is decided while the first is inserted."""
MOST_WAITING = 5000
"""More than a few seconds of work: who comes later is told to come again, and the queue does not grow."""
RETRY_AFTER_S = 1
PATIENCE_SECONDS = 2.0
"""As long as a client waits before it repeats."""


class Writer:
    """Runs the jobs of one application; the only one that uses its repository and its recorder for writing."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.committing = Committing(application)
        self.committed = asyncio.Event()
        self.batches = self.jobs = 0
        self.batch_jobs = Histogram(JOBS)
        self._waiting: list[Job] = []
        self._queue = Lock()
        self._wake = asyncio.Event()
        self._stir = Event()
        self._others = 0
        self._thread = ThreadPoolExecutor(1, "writer")
        self._inserting = ThreadPoolExecutor(1, "inserting")

    @property
    def parked(self) -> set[tuple[str, str]]:
        return self.committing.parked

    async def perform(self, job: Job) -> Any:
        """The job's outcome, after its commit; raises what it ended with where that is no refusal."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("too much is waiting to be decided", retry_after_s=RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        job.done, job.since = loop.create_future(), loop.time()
        with self._queue:
            self._waiting.append(job)
        self._wake.set()
        self._stir.set()
        return await job.done

    async def expire(self) -> None:
        """For ever: tell who has waited for too long that nobody has looked at it, so nothing is recorded."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(PATIENCE_SECONDS / 2)
            with self._queue:
                late = [job for job in self._waiting if job.since < clock() - PATIENCE_SECONDS]
                self._waiting = [job for job in self._waiting if job not in late]
            for job in late:
                job.outcome = Unavailable("the store hangs", retry_after_s=RETRY_AFTER_S)
                settle(job)

    def recent(self, position: int) -> list[Notification]:
        """The events that follow this position, as far as they were committed here of late; maybe none."""
        return self.committing.recent(position)

    async def place(self, producer: str) -> Place:
        place: Place = await self.on_thread(self.recorder.place, producer)
        return place

    async def on_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something else on the writer's thread, between two batches."""
        self._others += 1
        self._stir.set()
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, partial(function, *arguments)
            )
        finally:
            self._others -= 1
            self._wake.set()

    def close(self) -> None:
        """Waits for the commit that is running."""
        self._thread.shutdown()
        self._inserting.shutdown()

    async def run(self) -> None:
        """For ever. A store that is away costs the waiting jobs, never the loop."""
        loop = asyncio.get_running_loop()
        while await self._wake.wait():
            self._wake.clear()
            await loop.run_in_executor(self._thread, self._work, loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Until nothing waits, or something else wants the thread."""
        begun: Begun | None = None
        while True:
            ahead = self._decided(begun, loop)
            if begun:
                self._end(begun, ahead, loop)
            if not ahead.jobs:
                self._put_back(ahead.left)
            is_alone = begun is None and not self._waiting
            begun = None
            if ahead.jobs and (is_alone or ahead.must_end_first):
                self._end(self.committing.begin(ahead, at_once), None, loop)
            elif ahead.jobs:
                begun = self.committing.begin(ahead, self._insert_meanwhile)
            if not begun and (self._others or not self._waiting):
                return

    def _decided(self, begun: Begun | None, loop: asyncio.AbstractEventLoop) -> Batch:
        """A batch of what waits; while another one is being inserted, of all that arrives until that has ended."""
        batch = Batch()
        while True:
            self._stir.clear()
            jobs = self._take(half=begun is None)
            try:
                self.committing.decide(jobs, batch)
            except Exception as error:  # noqa: BLE001 - it is told to every job that it concerns
                self._fail(jobs, error, loop)
            if begun is None or begun.future.done() or batch.must_end_first:
                return batch
            if not jobs:
                self._stir.wait()

    def _end(self, begun: Begun, ahead: Batch | None, loop: asyncio.AbstractEventLoop) -> None:
        try:
            left = self.committing.end(begun, ahead)
        except Exception as error:  # noqa: BLE001 - it is told to every job that it concerns
            self._put_back(begun.batch.left)
            self._fail(begun.batch.jobs, error, loop)
        else:
            self._put_back(left)
            loop.call_soon_threadsafe(
                self._settle, [job for job in begun.batch.jobs if job not in left]
            )

    def _insert_meanwhile(self, insert: Callable[[], Any]) -> "Future[Any]":
        future = self._inserting.submit(insert)
        future.add_done_callback(lambda _: self._stir.set())
        return future

    def _take(self, *, half: bool) -> Sequence[Job]:
        """Of what waits, from the front; nothing where something else wants the thread."""
        with self._queue:
            number = 0 if self._others else min(len(self._waiting), BATCH)
            if half and number >= WORTH_DIVIDING:
                number //= 2
            jobs, self._waiting = self._waiting[:number], self._waiting[number:]
        return jobs

    def _put_back(self, jobs: Sequence[Job]) -> None:
        with self._queue:
            self._waiting[:0] = jobs

    def _fail(self, jobs: Sequence[Job], error: Exception, loop: asyncio.AbstractEventLoop) -> None:
        if isinstance(error, HistoriesDiffer):
            end_process(self.application.name, error)
        log.warning("commit_failed", jobs=len(jobs), error=type(error).__name__)
        if isinstance(error, PersistenceError) and not is_permanent(error):
            error = Unavailable("the store does not answer", retry_after_s=RETRY_AFTER_S)
        for job in jobs:
            job.outcome = job.outcome or error
        loop.call_soon_threadsafe(self._settle, jobs)

    def _settle(self, jobs: Sequence[Job]) -> None:
        self.batches += 1
        self.jobs += len(jobs)
        self.batch_jobs.observe(len(jobs))
        self.committed.set()
        for job in jobs:
            settle(job)
