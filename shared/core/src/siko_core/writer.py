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

from siko_core.eventsourced import EventSourcedApplication, Saved
from siko_core.metadata import Metadata, deciding
from siko_core.refusals import BeforeHistory, Refused, VersionConflict, refusal_of
from siko_core.steps import OutOfStep, Place, Step

log = structlog.get_logger()
BATCH = 500


@dataclass(eq=False)
class Job:
    """Something to decide and commit: one command, or one batch of another service's events."""

    decide: Callable[[], Saved | None]
    command_id: str | None = None
    step: Step | None = None
    done: "asyncio.Future[Any] | None" = None
    outcome: Any = None
    looked_at: frozenset[str] = frozenset()


class Writer:
    """Runs the jobs of one application; the only one that uses its repository and its recorder for writing."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.committed = asyncio.Event()
        self.batches = self.jobs = self.decided_again = 0
        self._waiting: list[Job] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "writer")

    async def perform(self, job: Job) -> Any:
        """The job's outcome, after its commit; raises what it ended with where that is no refusal."""
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
        """Decide on cached state; what that leaves open, decide again with all other writers locked out.

        A refusal is open too: no insert guards it, so it must not rest on an old state. Returns the jobs that
        were not reached because one before them failed half way.
        """
        open_jobs, left = self._attempt(jobs)
        if open_jobs:
            self.decided_again += len(open_jobs)
            with self.recorder.exclusively():
                self._settle_known(open_jobs)
                undecided = [job for job in open_jobs if job.outcome is None]
                self.application.forget({i for job in undecided for i in job.looked_at})
                _, unreached = self._attempt(undecided, final=True)
                left = [*unreached, *left]
        return left

    def _settle_known(self, jobs: Sequence[Job]) -> None:
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

    def _attempt(
        self, jobs: Sequence[Job], *, final: bool = False
    ) -> tuple[list[Job], Sequence[Job]]:
        """Decide each job and commit what they decided; returns the jobs still open, and those not reached."""
        events: list[StoredEvent] = []
        answers: dict[str, str] = {}
        decided: list[Job] = []
        open_jobs: list[Job] = []
        left: Sequence[Job] = ()
        changed: set[str] = set()
        self.application.staged_before = []
        for number, job in enumerate(jobs):
            if job.command_id in answers:
                open_jobs.append(job)
                continue
            try:
                saved = job.decide()
                job.looked_at = frozenset(self.application.touched)
                staged = self.application.take()
                stored = [self.application.mapper.to_stored_event(event) for event in staged]
            except Exception as error:  # noqa: BLE001 - it belongs to its own job, not to the batch
                job.looked_at = frozenset(self.application.touched)
                spoilt = self.application.drop()
                if final:
                    job.outcome = refusal_of(error) if isinstance(error, Refused) else error
                else:
                    open_jobs.append(job)
                if (
                    spoilt & changed
                ):  # the cache has lost what the jobs before staged: commit those first
                    left = jobs[number + 1 :]
                    break
            else:
                changed |= {event.originator_id for event in staged}
                events += stored
                decided.append(job)
                if job.command_id and saved:
                    job.outcome = Answer(
                        id=saved.id, version=saved.version, findings=list(saved.findings)
                    )
                    answers[job.command_id] = job.outcome.model_dump_json(exclude={"position"})
                elif job.step:
                    job.outcome = job.step
        steps = [job.step for job in decided if job.step]
        if decided and not self._insert(events, answers, steps, decided, final=final):
            return list(jobs[: len(jobs) - len(left)]), left
        return open_jobs, left

    def _insert(
        self,
        events: Sequence[StoredEvent],
        answers: dict[str, str],
        steps: Sequence[Step],
        decided: Sequence[Job],
        *,
        final: bool,
    ) -> bool:
        """Commit; False where another writer came first and the jobs are to be decided again."""
        try:
            self.application.keyring.flush()
            ids = self.recorder.insert_events(events, answers=answers, steps=steps)
        except Exception as error:
            self.application.forget({i for job in decided for i in job.looked_at})
            for job in decided:
                job.outcome = None
            if final or not isinstance(error, IntegrityError):
                raise
            return False
        for job in decided:
            if isinstance(job.outcome, Answer):
                job.outcome.position = ids[-1] if ids else self.recorder.max_notification_id()
        return True


def command_job(
    application: EventSourcedApplication,
    method: Callable[[Any, Any], Saved],
    command: Any,
    metadata: Metadata,
    *,
    dated: bool,
) -> Job:
    """A command as a job. `dated`: the client said when it happened, so history's order is judged."""

    def decide() -> Saved:
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
