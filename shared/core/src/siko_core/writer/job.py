"""Jobs, the writer's unit of work: a command, or a batch of another service's events; it treats both alike."""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eventsourcing.persistence import StoredEvent
from siko_contracts.answers import Answer
from uuid_utils import uuid7

from siko_core.eventsourced.application import EventSourcedApplication, Saved
from siko_core.letters import Letter
from siko_core.metadata import Metadata, deciding, service_actor
from siko_core.positions import Step, Written
from siko_core.refusals import BeforeHistory, VersionConflict
from siko_core.writer.claims import Claim


@dataclass(eq=False, slots=True)
class Job:
    """A decision to make and commit: one command, or one batch of another service's events."""

    decide: Callable[["Job"], Saved | None]
    """Takes the job as argument: a closure over it would be a reference cycle, freed only by the garbage collector."""
    claim: Claim | None = None
    """The claim to the command id; None if the job has no id, and so no earlier answer."""
    step: Step | None = None
    done: "asyncio.Future[Any] | None" = None
    since: float = 0.0
    answer: type[Answer] = Answer
    """Class of the answer to a command that was accepted."""
    raises: bool = False
    """Whether a refusal is raised to the caller instead of becoming an answer."""
    outcome: Any = None
    own_id: str | None = None
    saved: Saved | None = None
    events: Sequence[StoredEvent] = ()
    letters: Sequence[Letter] = ()
    not_before: datetime | None = None
    """Under the manual clock: the latest `recorded_at` of the jobs decided before it."""
    recorded_at: datetime | None = None
    """The `recorded_at` of its events."""
    read_ids: AbstractSet[str] = frozenset()
    """The read set: ids that the decision looked at, existing or not."""
    read_topics: AbstractSet[str] = frozenset()
    """Read set of enumerations: creation topics of the classes whose aggregates the decision listed."""

    @property
    def changed(self) -> set[str]:
        """The write set: ids of the aggregates that its events change."""
        return {str(event.originator_id) for event in self.events}

    def fresh_id(self) -> str:
        """The id of a new thing if the client brought none; the same one every time the job is re-decided."""
        self.own_id = self.own_id or str(uuid7())
        return self.own_id

    def rests_on(self, ids: set[str], created: set[str]) -> bool:
        """Whether the read set intersects these changed aggregates, or these topics of created ones.

        Always True if the job parks or settles letters: another process may have settled the same ones.
        """
        if self.letters:
            return True
        return not self.read_ids.isdisjoint(ids) or not self.read_topics.isdisjoint(created)


@dataclass
class Batch:
    """Jobs decided together: those to commit, those refused (with refusal or error), and those not reached."""

    decided: list[Job] = field(default_factory=list)
    refused: dict[Job, Any] = field(default_factory=dict)
    left: Sequence[Job] = ()
    commands: set[str] = field(default_factory=set)
    latest: datetime | None = None
    """The latest `recorded_at` of its decided jobs."""

    @property
    def jobs(self) -> list[Job]:
        return [*self.decided, *self.refused]

    @property
    def changed(self) -> set[str]:
        """The write set of all decided jobs."""
        return {changed for job in self.decided for changed in job.changed}

    def add(self, job: Job) -> None:
        self.decided.append(job)
        if job.claim:
            self.commands.add(job.claim.command_id)
        if job.recorded_at is not None:
            self.latest = max(self.latest or job.recorded_at, job.recorded_at)

    def refuse(self) -> None:
        """Set the refused jobs' outcomes; a repeat of an accepted command keeps its first answer."""
        for job, refusal in self.refused.items():
            job.outcome = job.outcome or refusal


def command_job(
    application: EventSourcedApplication,
    method: Callable[[Any, Any], Saved],
    command: Any,
    metadata: Metadata,
    ensure_own: Callable[[EventSourcedApplication, Any], None] = lambda *_: None,
    *,
    asker: str = "",
) -> Job:
    """Make a command's job.

    The decision raises VersionConflict if the aggregate is not at `expected_version`, and BeforeHistory if the
    client dates the command before the aggregate's latest event.

    `ensure_own`: raises a refusal if the command names what is not the asker's.
    `asker`: who holds the command id.
    """
    claim = Claim(command, metadata, asker) if metadata.command_id else None
    dated = getattr(command, "effective_at", None) is not None
    expected = command.expected_version

    def decide(job: Job) -> Saved:
        application.fresh_id = job.fresh_id
        decided = metadata.not_before(job.not_before)
        job.recorded_at = decided.recorded_at
        with deciding(decided):
            ensure_own(application, command)
            saved = method(application, command)
        if dated or expected is not None:
            aggregate = application.used[saved.id]
            new = sum(event.originator_id == saved.id for event in application.staged)
            if expected is not None and saved.version - new != expected:
                raise VersionConflict(expected=expected, actual=saved.version - new)
            if dated and new and aggregate.effective_at > metadata.effective_at:
                raise BeforeHistory(not_before=aggregate.effective_at.isoformat())
        return saved

    return Job(decide, claim, answer=command.ANSWER)


def service_job(application: EventSourcedApplication, decide: Callable[[], Saved | None]) -> Job:
    """Make the job of a decision that the service takes by itself, now."""

    def decide_as_service(job: Job) -> Saved | None:
        now = application.clock.now(job.not_before)
        actor = service_actor(application.name)
        with deciding(Metadata(effective_at=now, recorded_at=now, actor=actor)):
            return decide()

    return Job(decide_as_service)


def settle(job: Job) -> None:
    """Resolve the job's future with its outcome, unless it has none or was resolved before."""
    if job.done is None or job.done.done():
        return
    if isinstance(job.outcome, Exception):
        job.done.set_exception(job.outcome)
    else:
        job.done.set_result(job.outcome)


def stale_jobs(
    jobs: Sequence[Job], foreign: Sequence[Written], *, parked_otherwise: bool
) -> list[Job]:
    """The jobs to re-decide: their read set intersects foreign writes or, transitively, the write set of a stale job.

    Also stale are jobs that have an outcome already, and steps if the set of parked aggregates has changed.
    """
    ids = {str(stored.originator_id) for stored in foreign}
    created = {stored.topic for stored in foreign if stored.originator_version == 1}
    stale: list[Job] = []
    while True:
        more = [
            job
            for job in jobs
            if job not in stale
            and (
                job.outcome is not None
                or (parked_otherwise and job.step)
                or job.rests_on(ids, created)
            )
        ]
        if not more:
            return stale
        stale += more
        ids |= {changed for job in more for changed in job.changed}
