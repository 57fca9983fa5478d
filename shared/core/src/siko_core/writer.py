"""The one thread that decides and commits: what waits while a commit runs shares the next one."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from eventsourcing.persistence import IntegrityError, StoredEvent
from siko_contracts.answers import Answer
from uuid_utils import uuid7

from siko_core.eventsourced import EventSourcedApplication, Saved
from siko_core.metadata import Metadata, deciding
from siko_core.refusals import (
    BeforeHistory,
    Refused,
    Unavailable,
    VersionConflict,
    refusal_of,
)
from siko_core.steps import COMMITS, OutOfStep, Place, Step

log = structlog.get_logger()
BATCH = 500
MOST_WAITING = 5000
"""More than a few seconds of work: who comes later is told to come again, and the queue does not grow."""
RETRY_AFTER_S = 1
DONE = object()
"""Outcome of a job that had nothing to save."""


@dataclass(eq=False)
class Job:
    """Something to decide and commit: one command, or one batch of another service's events."""

    decide: Callable[[], Saved | None]
    command_id: str | None = None
    step: Step | None = None
    done: "asyncio.Future[Any] | None" = None
    outcome: Any = None
    saved: Saved | None = None
    events: Sequence[StoredEvent] = ()
    looked_at: frozenset[str] = frozenset()


class Writer:
    """Runs the jobs of one application; the only one that uses its repository and its recorder for writing."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.committed = asyncio.Event()
        self.batches = self.jobs = self.decided_again = 0
        self._waiting: list[Job] = []
        self._commits: int | None = None
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "writer")

    async def perform(self, job: Job) -> Any:
        """The job's outcome, after its commit; raises what it ended with where that is no refusal."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("too much is waiting to be decided", retry_after_s=RETRY_AFTER_S)
        job.done = asyncio.get_running_loop().create_future()
        self._waiting.append(job)
        self._wake.set()
        return await job.done

    async def place(self, producer: str) -> Place:
        place: Place = await self.on_thread(self.recorder.place, producer)
        return place

    async def on_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run something else on the writer's thread, between two batches."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, partial(function, *arguments)
        )

    async def run(self) -> None:
        """For ever. A store that is away costs the waiting jobs, never the loop."""
        while await self._wake.wait():
            jobs, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            left: Sequence[Job] = ()
            try:
                left = await self.on_thread(self.commit, jobs)
            except Exception as error:  # noqa: BLE001 - it is told to every waiting job
                log.warning("commit_failed", jobs=len(jobs), error=type(error).__name__)
                for job in jobs:
                    job.outcome = job.outcome or error
            self._waiting[:0] = left
            if not self._waiting:
                self._wake.clear()
            self.batches += 1
            self.jobs += len(jobs) - len(left)
            self.committed.set()
            for job in jobs:
                if job not in left:
                    _settle(job)

    def commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Decide on cached state and commit; returns the jobs not reached because one before failed half way.

        Every commit counts one up from the count that the cache stands at. If that succeeds, nobody else has
        committed since, so all that was read, refusals included, was current. Otherwise: lock the others out,
        forget what they changed, look which commands are answered already, and decide again.
        """
        self._stand()
        decided, refused, left = self._decide(jobs)
        try:
            current = self._insert(decided) if decided else self._is_current()
        except IntegrityError:
            current = False
        except Exception:
            self._unsettle(jobs)
            raise
        if current:
            self._settle_refused(refused)
            return left
        self._unsettle(jobs)
        again = jobs[: len(jobs) - len(left)]
        self.decided_again += len(again)
        try:
            with self.recorder.exclusively():
                self._stand()
                open_jobs = self._settle_known(again)
                decided, refused, unreached = self._decide(open_jobs)
                if decided:
                    self._insert(decided)
        except Exception:
            self._unsettle(jobs)
            raise
        for job, error in refused:
            job.outcome = error
        return [*unreached, *left]

    def _stand(self) -> None:
        """Know the count of commits, and forget every aggregate that somebody else has changed since."""
        if self._commits is not None:
            return
        self._commits = self.recorder.place(COMMITS).position
        last = self.recorder.max_notification_id() or 0
        if self.application.position == 0:  # nothing is remembered yet
            self.application.stand_at(last, ())
        while self.application.position < last:
            page = self.recorder.select_notifications(
                self.application.position, BATCH, last, inclusive_of_start=False
            )
            self.application.forget({str(stored.originator_id) for stored in page})
            self.application.stand_at(page[-1].id if len(page) == BATCH else last, page)

    def _is_current(self) -> bool:
        return bool(self.recorder.place(COMMITS).position == self._commits)

    def _unsettle(self, jobs: Sequence[Job]) -> None:
        """What was decided is not, or may not be, what the store holds."""
        self._commits = None
        for job in jobs:
            self.application.forget(job.looked_at)
            job.outcome = None

    def _settle_refused(self, refused: Sequence[tuple[Job, Exception]]) -> None:
        """A refusal stands, unless the command was accepted before: then it gets its first answer again."""
        self._settle_known([job for job, _ in refused])
        for job, error in refused:
            job.outcome = job.outcome or error

    def _settle_known(self, jobs: Sequence[Job]) -> list[Job]:
        """Give answered commands their first answer, and steps already taken their end; the others are open."""
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
        return [job for job in jobs if job.outcome is None]

    def _decide(
        self, jobs: Sequence[Job]
    ) -> tuple[list[Job], list[tuple[Job, Exception]], Sequence[Job]]:
        """Run the decisions in turn: what is to be committed, what was refused, what was not reached."""
        decided: list[Job] = []
        refused: list[tuple[Job, Exception]] = []
        commands: set[str] = set()
        changed: set[str] = set()
        self.application.staged_before = []
        for number, job in enumerate(jobs):
            if (
                job.command_id in commands
            ):  # the same command twice: the second is answered by the first
                return decided, refused, jobs[number:]
            try:
                job.saved = job.decide()
                job.looked_at = frozenset(self.application.touched)
                mapper = self.application.mapper
                job.events = [mapper.to_stored_event(event) for event in self.application.staged]
                staged = self.application.take()
            except Exception as error:  # noqa: BLE001 - it belongs to its own job, not to the batch
                job.looked_at = frozenset(self.application.touched)
                refused.append(
                    (job, refusal_of(error) if isinstance(error, Refused) else error)  # type: ignore[arg-type]
                )
                if self.application.drop() & changed:
                    # The cache has lost what the jobs before staged: commit those first.
                    return decided, refused, jobs[number + 1 :]
            else:
                changed |= {event.originator_id for event in staged}
                decided.append(job)
                if job.command_id:
                    commands.add(job.command_id)
        return decided, refused, ()

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
        self.application.keyring.flush()
        ids = self.recorder.insert_events(
            events,
            answers=answers,
            steps=[
                Step(COMMITS, self._commits, self._commits + 1, 0),
                *(job.step for job in jobs if job.step),
            ],
        )
        self._commits += 1
        self.application.stand_at(ids[-1] if ids else self.application.position, events)
        for job in jobs:
            if isinstance(job.outcome, Answer):
                job.outcome.position = self.application.position
        return True


def command_job(
    application: EventSourcedApplication,
    method: Callable[[Any, Any], Saved],
    command: Any,
    metadata: Metadata,
) -> Job:
    """A command as a job. Where the client said when it happened, history's order is judged.

    An id that the client did not bring is made here, once: deciding again must give the same.
    """
    dated = getattr(command, "effective_at", None) is not None
    fresh = str(uuid7()) if command.id is None else None
    if fresh:
        command = command.model_copy(update={"id": fresh})

    def decide() -> Saved:
        if fresh:
            application.expect_absent(fresh)
        with deciding(metadata):
            saved = method(application, command)
        aggregate = application.touched[saved.id]
        new = sum(event.originator_id == saved.id for event in application.staged)
        expected = command.expected_version
        if expected is not None and saved.version - new != expected:
            raise VersionConflict(expected=expected, actual=saved.version - new)
        if dated and new and aggregate.effective_at > metadata.effective_at:
            raise BeforeHistory(not_before=aggregate.effective_at.isoformat())
        return saved

    return Job(decide, command_id=metadata.command_id)


def _settle(job: Job) -> None:
    if job.done is None or job.done.done():
        return
    if isinstance(job.outcome, Exception):
        job.done.set_exception(job.outcome)
    else:
        job.done.set_result(job.outcome)
