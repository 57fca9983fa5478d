"""The one thread that decides and commits: what waits while a commit runs shares the next one."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from eventsourcing.persistence import IntegrityError, Notification, PersistenceError, StoredEvent
from siko_contracts.answers import Answer

from siko_core.comparing import HistoriesDiffer, end_process
from siko_core.eventsourced import EventSourcedApplication
from siko_core.faults import is_permanent
from siko_core.histogram import JOBS, SECONDS, Histogram
from siko_core.jobs import Batch, Job, command_job, settle, stale_of
from siko_core.refusals import Refused, Unavailable, refusal_of
from siko_core.steps import COMMITS, OutOfStep, Place, Step

__all__ = ["Job", "Writer", "command_job"]

log = structlog.get_logger()
BATCH = 500
RECENT = 32
"""Batches that the relay may take from memory."""
MOST_WAITING = 5000
"""More than a few seconds of work: who comes later is told to come again, and the queue does not grow."""
RETRY_AFTER_S = 1
PATIENCE_SECONDS = 2.0
"""As long as a client waits before it repeats."""
NOTHING: tuple[int, Sequence[int], Sequence[StoredEvent]] = (0, (), ())
DONE = object()
"""Outcome of a job that had nothing to save."""


class Writer:
    """Runs the jobs of one application; the only one that uses its repository and its recorder for writing."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.committed = asyncio.Event()
        self.batches = self.jobs = self.decided_again = 0
        self.batch_jobs, self.commit_seconds = Histogram(JOBS), Histogram(SECONDS)
        self.parked: set[tuple[str, str]] = set()
        self._waiting: list[Job] = []
        self._commits: int | None = None
        self._confirmed = 0
        self._recent: deque[tuple[int, list[Notification]]] = deque(maxlen=RECENT)
        self._stored: tuple[int, Sequence[int], Sequence[StoredEvent]] = NOTHING
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "writer")

    async def perform(self, job: Job) -> Any:
        """The job's outcome, after its commit; raises what it ended with where that is no refusal."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("too much is waiting to be decided", retry_after_s=RETRY_AFTER_S)
        loop = asyncio.get_running_loop()
        job.done, job.since = loop.create_future(), loop.time()
        self._waiting.append(job)
        self._wake.set()
        return await job.done

    async def expire(self) -> None:
        """For ever: tell who has waited for too long that nobody has looked at it, so nothing is recorded."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(PATIENCE_SECONDS / 2)
            late = [job for job in self._waiting if job.since < clock() - PATIENCE_SECONDS]
            self._waiting = [job for job in self._waiting if job not in late]
            for job in late:
                job.outcome = Unavailable("the store hangs", retry_after_s=RETRY_AFTER_S)
                settle(job)

    def recent(self, position: int) -> list[Notification]:
        """The events that follow this position, as far as they were committed here of late; maybe none."""
        found: list[Notification] = []
        for previous, notifications in tuple(self._recent):
            if previous == position:
                found += notifications
                position = notifications[-1].id
        return found

    def _remember(self) -> None:
        """What was stored behind a position follows it directly. Only once it is committed: the relay publishes it."""
        (position, ids, events), self._stored = self._stored, NOTHING
        self._confirmed = self._commits or self._confirmed
        if not ids:
            return
        stored = [
            Notification(e.originator_id, e.originator_version, e.topic, e.state, id)
            for id, e in zip(ids, events, strict=True)  # noqa: A001 - the library's name
        ]
        self._recent.append((position, stored))

    async def place(self, producer: str) -> Place:
        place: Place = await self.on_thread(self.recorder.place, producer)
        return place

    async def on_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something else on the writer's thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(function, *arguments)
        )

    def close(self) -> None:
        """Waits for the commit that is running."""
        self._thread.shutdown()

    async def run(self) -> None:
        """For ever. A store that is away costs the waiting jobs, never the loop."""
        while await self._wake.wait():
            jobs, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            left: Sequence[Job] = ()
            try:
                left = await self.on_thread(self.commit, jobs)
            except HistoriesDiffer as error:
                end_process(self.application.name, error)
            except Exception as error:  # noqa: BLE001 - it is told to every waiting job
                log.warning("commit_failed", jobs=len(jobs), error=type(error).__name__)
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
            self.committed.set()
            for job in jobs:
                if job not in left:
                    settle(job)

    def commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Decide on cached state and commit; returns the jobs not reached because one before failed half way.

        Every commit counts one up from the count that the cache stands at. If that succeeds, nobody else has
        committed since, so all that was read, refusals included, was current. Otherwise what rests on what
        others changed is decided again, with all other writers locked out.
        """
        try:
            self._stand()
            batch = self._decide(jobs)
            try:
                current = self._insert(batch.decided) if batch.decided else self._is_current()
            except IntegrityError:
                current = False
            if not current:
                return self._commit_again(batch)
            self._remember()
            self._settle_known(list(batch.refused))
            batch.tell_refused()
        except Exception:
            self._unsettle(jobs)
            raise
        return batch.left

    def _commit_again(self, batch: Batch) -> Sequence[Job]:
        """Lock the others out, see what they did, and decide again only what rests on it."""
        attempted = batch.attempted
        for job in attempted:
            job.outcome = None
        self._commits = None
        with self.recorder.exclusively():
            parked = self.parked
            foreign = self._stand()
            self._settle_known(attempted)
            stale = stale_of(attempted, foreign, parked_otherwise=self.parked != parked)
            self.application.forget({i for job in stale for i in job.changed})
            self.decided_again += len(stale)
            kept = [job for job in batch.decided if job not in stale]
            again = self._decide([job for job in stale if job.outcome is None], kept)
            if again.decided or kept:
                self._insert([*kept, *again.decided])
        self._remember()
        again.tell_refused()
        for job, told in batch.refused.items():
            job.outcome = job.outcome or (told if job not in stale else None)
        return [*again.left, *batch.left]

    def _stand(self) -> Sequence[StoredEvent]:
        """Know the count of commits and what is parked; forget, and return, what somebody else has written since."""
        if self._commits is not None:
            return ()
        commits = self.recorder.place(COMMITS).position
        if commits < self._confirmed:
            what = "the store has gone back to an earlier commit beneath the running service"
            raise HistoriesDiffer(self.application.name, what)
        self._confirmed = commits
        self.parked = self.recorder.parked()
        last = self.recorder.max_notification_id() or 0
        if self.application.position == 0:  # nothing is remembered yet
            self.application.stand_at(last, ())
        foreign: list[StoredEvent] = []
        while self.application.position < last:
            page = self.recorder.select_notifications(
                self.application.position, BATCH, last, inclusive_of_start=False
            )
            self.application.forget({str(stored.originator_id) for stored in page})
            self.application.stand_at(page[-1].id if len(page) == BATCH else last, page)
            foreign += page
        self._commits = commits
        return foreign

    def _is_current(self) -> bool:
        return bool(self.recorder.place(COMMITS).position == self._commits)

    def _unsettle(self, jobs: Sequence[Job]) -> None:
        """What was decided may not be what the store holds."""
        self._stored = NOTHING
        self._commits = None
        for job in jobs:
            self.application.forget(job.looked_at)
            job.outcome = None

    def _settle_known(self, jobs: Sequence[Job]) -> None:
        """Give answered commands their first answer, and steps that were taken already their end."""
        ids = [job.command_id for job in jobs if job.command_id]
        known = self.recorder.answered(ids) if ids else {}
        for job in jobs:
            if job.command_id in known:
                answer, position = known[job.command_id]
                job.outcome = Answer.model_validate_json(answer).model_copy(
                    update={"position": position}
                )
            elif job.step and self.recorder.place(job.step.producer).position != job.step.previous:
                job.outcome = OutOfStep(job.step)

    def _decide(self, jobs: Sequence[Job], kept: Sequence[Job] = ()) -> Batch:
        """Run the decisions in turn. `kept`: decided before, and to be committed with them."""
        batch = Batch()
        application = self.application
        application.staged_before = [event for job in kept for event in job.events]
        changed = {i for job in kept for i in job.changed}
        commands = {job.command_id for job in kept}
        for number, job in enumerate(jobs):
            if (
                job.command_id and job.command_id in commands
            ):  # the first one will answer this one too
                return batch.leaving(jobs[number:])
            try:
                job.saved = job.decide()
                mapper = application.mapper
                job.events = [mapper.to_stored_event(event) for event in application.staged]
                job.looked_at, job.enumerated = application.take()
            except Exception as error:  # noqa: BLE001 - it belongs to its own job, not to the batch
                job.events = ()
                job.looked_at, job.enumerated, spoilt = application.drop()
                told = refusal_of(error) if isinstance(error, Refused) and not job.raises else error
                batch.refused[job] = told
                if spoilt & changed:
                    # The cache has lost what the jobs before staged: commit those first.
                    return batch.leaving(jobs[number + 1 :])
            else:
                application.staged_before += job.events
                changed |= job.changed
                batch.decided.append(job)
                commands.add(job.command_id)
                if job.letters:  # whoever comes next must know what is parked
                    return batch.leaving(jobs[number + 1 :])
        return batch

    def _insert(self, jobs: Sequence[Job]) -> bool:
        """Commit events, answers and steps; IntegrityError where somebody else has committed since."""
        if self._commits is None:
            raise RuntimeError("the writer does not know where it stands")
        answers: dict[str, str] = {}
        for job in jobs:
            if job.command_id and job.saved:
                saved = job.saved
                job.outcome = Answer(
                    id=saved.id, version=saved.version, findings=list(saved.findings)
                )
                answers[job.command_id] = job.outcome.model_dump_json(exclude={"position"})
            else:
                job.outcome = job.step or job.saved or DONE
        events = [event for job in jobs for event in job.events]
        letters = [letter for job in jobs for letter in job.letters]
        self.application.keyring.flush()
        steps = [job.step for job in jobs if job.step]
        with self.commit_seconds.timed():
            ids = self.recorder.insert_events(
                events,
                answers=answers,
                steps=[Step(COMMITS, self._commits, self._commits + 1, 0), *steps],
                letters=letters,
            )
        self._commits = None if letters else self._commits + 1
        self._stored = (self.application.position, ids or (), events)
        self.application.stand_at(ids[-1] if ids else self.application.position, events)
        for job in jobs:
            if isinstance(job.outcome, Answer):
                job.outcome.position = self.application.position
        return True
