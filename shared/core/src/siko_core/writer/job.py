"""What the writer decides: a command, or a batch of another service's events; the two are the same to it."""

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eventsourcing.persistence import StoredEvent
from uuid_utils import uuid7

from siko_core.eventsourced.application import EventSourcedApplication, Saved
from siko_core.follower.parking import Letter
from siko_core.metadata import Metadata, deciding
from siko_core.positions import Step, Written
from siko_core.refusals import BeforeHistory, VersionConflict
from siko_core.writer.claims import Claim


@dataclass(eq=False, slots=True)
class Job:
    """Something to decide and commit: one command, or one batch of another service's events."""

    decide: Callable[["Job"], Saved | None]
    """Is given its job, so that it need not hold it: what holds itself waits for the garbage collector."""
    claim: Claim | None = None
    """To the command's id; None where no earlier answer is looked for."""
    step: Step | None = None
    done: "asyncio.Future[Any] | None" = None
    since: float = 0.0
    raises: bool = False
    """A refusal is raised where it came from, not made an answer."""
    outcome: Any = None
    made_id: str | None = None
    saved: Saved | None = None
    events: Sequence[StoredEvent] = ()
    letters: Sequence[Letter] = ()
    not_before: datetime | None = None
    """Under the manual clock: when the latest of what was decided before it was recorded."""
    recorded_at: datetime | None = None
    """Of what it decided."""
    looked_at: AbstractSet[str] = frozenset()
    """Ids of what the decision rests on, be it there or not."""
    enumerated: AbstractSet[str] = frozenset()
    """Topics of creation whose aggregates the decision went through."""

    @property
    def changed(self) -> set[str]:
        return {str(event.originator_id) for event in self.events}

    def fresh_id(self) -> str:
        """Of what is made where the client brought no id: deciding again must give the same."""
        self.made_id = self.made_id or str(uuid7())
        return self.made_id

    def rests_on(self, ids: set[str], created: set[str]) -> bool:
        """Whether it might be decided otherwise once these aggregates have changed, or some of these topics were made.

        What parks or settles does in any case: others may have settled the same.
        """
        if self.letters:
            return True
        return not self.looked_at.isdisjoint(ids) or not self.enumerated.isdisjoint(created)


@dataclass
class Batch:
    """Jobs that were decided together: to be committed, refused (with what is told), and not reached."""

    decided: list[Job] = field(default_factory=list)
    refused: dict[Job, Any] = field(default_factory=dict)
    left: Sequence[Job] = ()
    commands: set[str] = field(default_factory=set)
    latest: datetime | None = None
    """When the latest of what it has decided is recorded."""

    @property
    def jobs(self) -> list[Job]:
        return [*self.decided, *self.refused]

    @property
    def changed(self) -> set[str]:
        return {changed for job in self.decided for changed in job.changed}

    def add(self, job: Job) -> None:
        self.decided.append(job)
        if job.claim:
            self.commands.add(job.claim.command_id)
        if job.recorded_at is not None:
            self.latest = max(self.latest or job.recorded_at, job.recorded_at)

    def tell_refused(self) -> None:
        """A refusal stands, unless the command was accepted before: then it gets its first answer again."""
        for job, told in self.refused.items():
            job.outcome = job.outcome or told


def command_job(
    application: EventSourcedApplication,
    method: Callable[[Any, Any], Saved],
    command: Any,
    metadata: Metadata,
    ensure_own: Callable[[EventSourcedApplication, Any], None] = lambda *_: None,
    *,
    asker: str = "",
) -> Job:
    """A command as a job. Where the client said when it happened, history's order is judged.

    `ensure_own` refuses what the command names and is not the asker's.
    `asker`: whose the command's id is.
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
            aggregate = application.touched[saved.id]
            new = sum(event.originator_id == saved.id for event in application.staged)
            if expected is not None and saved.version - new != expected:
                raise VersionConflict(expected=expected, actual=saved.version - new)
            if dated and new and aggregate.effective_at > metadata.effective_at:
                raise BeforeHistory(not_before=aggregate.effective_at.isoformat())
        return saved

    return Job(decide, claim)


def settle(job: Job) -> None:
    if job.done is None or job.done.done():
        return
    if isinstance(job.outcome, Exception):
        job.done.set_exception(job.outcome)
    else:
        job.done.set_result(job.outcome)


def stale_of(
    jobs: Sequence[Job], foreign: Sequence[Written], *, parked_otherwise: bool
) -> list[Job]:
    """Those that rest on what others changed or parked, on what was answered before, or on what one of those changed."""
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
        ids |= {i for job in more for i in job.changed}
