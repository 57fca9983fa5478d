"""Decisions on cached state, committed by the batch: what others have committed meanwhile is seen, and only then decided again."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from siko_contracts.answers import Answer, Refusal

from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.faults import cause_of, found_in, is_permanent, writing_what_harms_nobody
from siko_core.positions import COMMITS, OutOfStep, Step, Written
from siko_core.recovery.compare import HistoriesDiffer
from siko_core.refusals import NotStorable, Refused, refusal_of
from siko_core.writer.claims import Claim, Kept
from siko_core.writer.histogram import SECONDS, Histogram
from siko_core.writer.job import Batch, Job, stale_of

log = structlog.get_logger()
RECENT = 32
"""Batches that the relay may take from memory."""
PAGE = 500
DONE = object()
"""Outcome of a job that had nothing to save."""
ATTEMPTS = 2
"""Without locking others out, who would wait as long as it takes to decide again."""
NOTHING: tuple[Sequence[int], Sequence[StoredEvent]] = ((), ())


class Committing:
    """What the writer does with the jobs of one application."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder: Any = application.recorder
        self.decided_again = self.refused_rows = 0
        self.seconds = Histogram(SECONDS)
        self.parked: set[tuple[str, str]] = set()
        self._commits: int | None = None
        """The store's count that the cache stands at; None: not known."""
        self._confirmed = 0
        self._stood = False
        self._stored = NOTHING
        self._recent: deque[tuple[int, Sequence[int], Sequence[StoredEvent]]] = deque(maxlen=RECENT)

    def commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Decide and commit; returns the jobs not reached because one before them failed half way.

        Where the store does not take something of them, that is found by halves and refused, and all else goes on.
        """
        try:
            return self._commit(jobs)
        except Exception as error:
            if isinstance(error, HistoriesDiffer) or not is_permanent(error):
                raise
            if len(jobs) == 1:
                self._refuse(jobs[0], error)
                return ()
        half = len(jobs) // 2
        if left := self.commit(jobs[:half]):
            return [*left, *jobs[half:]]
        return self.commit(jobs[half:])

    def ensure_writable(self) -> None:
        """Commit, as a decision that changes nothing would be; Unavailable where that cannot be."""
        with writing_what_harms_nobody():
            try:
                with self.recorder.exclusively():
                    self._stand()
                    self._insert(())
                self._remember()
            except Exception:
                self._unsettle(())
                raise

    def _refuse(self, job: Job, error: Exception) -> None:
        """Unavailable where no job is to blame, because the store takes nothing at all."""
        self.application.keyring.ensure_writable()
        self.ensure_writable()
        if job.raises:  # a follower divides its batch, and parks what is to blame
            job.outcome = error
            return
        self.refused_rows += 1
        command_id = job.claim and job.claim.command_id
        log.error(
            "not_storable", command=command_id, error=cause_of(error), found_in=found_in(error)
        )
        job.outcome = refusal_of(NotStorable())

    def _commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """All of them in one transaction.

        Every commit counts one up from the count that the cache stands at. If that succeeds, nobody else has
        committed since, so all that was read, refusals included, was current. Otherwise what rests on what
        others changed is decided again, in the end with all other writers locked out.
        """
        batch = Batch()
        try:
            self._stand()
            self._decide(jobs, batch)
            attempts = 1
            while not self._is_committed(batch):
                if attempts == ATTEMPTS:
                    return self._commit_again(batch)
                attempts += 1
                batch = self._renewed(batch)
            self._remember(batch.latest)
            self._settle_known(list(batch.refused))
            batch.tell_refused()
        except Exception:
            self._unsettle(jobs)
            raise
        return batch.left

    def recent(self, position: int) -> list[Notification]:
        """The events that follow this position, as far as they were committed here of late; maybe none."""
        found: list[Notification] = []
        for previous, ids, events in tuple(self._recent):
            if previous == position:
                found += [
                    Notification(e.originator_id, e.originator_version, e.topic, e.state, id)
                    for id, e in zip(ids, events, strict=True)  # noqa: A001 - the library's name
                ]
                position = ids[-1]
        return found

    def _decide(self, jobs: Sequence[Job], batch: Batch) -> None:
        application = self.application
        for number, job in enumerate(jobs):
            if job.claim and job.claim.command_id in batch.commands:  # its first will answer it too
                batch.left = jobs[number:]
                return
            clock = application.clock
            job.not_before = clock.now(batch.latest) if clock.manual else None
            try:
                job.saved = job.decide(job)
                mapper = application.mapper
                job.events = [mapper.to_stored_event(event) for event in application.staged]
                job.looked_at, job.enumerated = application.take()
            except Exception as error:  # noqa: BLE001 - it belongs to its own job, not to the batch
                job.events = ()
                job.looked_at, job.enumerated, spoilt = application.drop()
                told = refusal_of(error) if isinstance(error, Refused) and not job.raises else error
                batch.refused[job] = told
                if spoilt & batch.changed:
                    # The cache has lost what the jobs before staged: commit those first.
                    batch.left = jobs[number + 1 :]
                    return
            else:
                application.made(job.events)
                batch.add(job)
                if job.letters:  # whoever comes next must know what is parked
                    batch.left = jobs[number + 1 :]
                    return

    def _commit_again(self, batch: Batch) -> Sequence[Job]:
        """Lock the others out, see what they did, and decide again only what rests on it."""
        with self.recorder.exclusively():
            again = self._renewed(batch, with_answers=True)
            if again.decided:
                self._insert(again.decided)
        self._remember(again.latest)
        again.tell_refused()
        return again.left

    def _renewed(self, batch: Batch, *, with_answers: bool = False) -> Batch:
        """The batch on what others have done: what rests on that, or was answered by them, is decided again."""
        self.application.unmade([event for job in batch.decided for event in job.events])
        for job in batch.jobs:
            job.outcome = None
        parked = self.parked
        foreign = self._stand()
        if with_answers:
            self._settle_known(batch.jobs)
        stale = stale_of(batch.jobs, foreign, parked_otherwise=self.parked != parked)
        self.application.forget({i for job in stale for i in job.changed})
        self.decided_again += len(stale)
        again = Batch(refused={j: told for j, told in batch.refused.items() if j not in stale})
        for job in batch.decided:
            if job not in stale:
                self.application.made(job.events)
                again.add(job)
        self._decide([job for job in stale if job.outcome is None], again)
        again.left = [*again.left, *batch.left]
        return again

    def _stand(self) -> Sequence[Written]:
        """Know the count of commits and what is parked; forget, and return, what somebody else has written since."""
        if self._commits is not None and not self.recorder.others_committed():
            return ()
        position = self.application.position
        standing, page = self.recorder.standing(position, PAGE if self._stood else 0)
        if standing.commits < self._confirmed:
            what = "the store has gone back to an earlier commit beneath the running service"
            raise HistoriesDiffer(self.application.name, what)
        self._confirmed = standing.commits
        self.parked = self.recorder.parked() if standing.is_parked else set()
        if not self._stood:  # nothing is remembered yet, not even that the store is empty
            self.application.stand_at(standing.last, ())
            self._stood = True
        foreign: list[Written] = []
        while page:
            self.application.forget({str(stored.originator_id) for stored in page})
            self.application.stand_at(page[-1].id, page)
            foreign += page
            is_more = page[-1].id < standing.last
            page = self.recorder.foreign(page[-1].id, PAGE, standing.last) if is_more else ()
        self._commits = standing.commits
        return foreign

    def _is_committed(self, batch: Batch) -> bool:
        """False where somebody else has committed meanwhile; then it is not known where the store stands."""
        if not self.recorder.others_committed():
            if not batch.decided:
                standing, _ = self.recorder.standing(self.application.position, 0)
                if standing.commits == self._commits:
                    return True
            else:
                with suppress(IntegrityError):
                    self._insert(batch.decided)
                    return True
        self._commits = None
        return False

    def _unsettle(self, jobs: Sequence[Job]) -> None:
        """What was decided may not be what the store holds."""
        self._stored = NOTHING
        self._commits = None
        self.application.unmade([event for job in jobs for event in job.events])
        for job in jobs:
            self.application.forget(job.looked_at)
            job.outcome = None

    def _settle_known(self, jobs: Sequence[Job]) -> None:
        """Give answered commands their first answer, and steps that were taken already their end."""
        keys = [key for job in jobs if job.claim for key in job.claim.keys]
        known = self.recorder.answered(keys) if keys else {}
        for job in jobs:
            if job.claim:
                job.outcome = self._told(job.claim, known)
            elif job.step and self.recorder.place(job.step.producer).position != job.step.previous:
                job.outcome = OutOfStep(job.step)

    def _told(
        self, claim: Claim, known: Mapping[str, tuple[str, int | None]]
    ) -> Answer | Refusal | None:
        """What its asker was answered; None where that is nothing yet. What another was answered concerns nobody else."""
        for key in claim.keys:
            if key in known:
                kept = Kept.read(*known[key])
                if self._is_of(claim, kept):
                    return claim.told(kept if kept.recorded else self._idle(kept))
                claim.key = claim.keys[-1]
        return None

    def _idle(self, kept: Kept) -> Kept:
        """A command that recorded nothing tells the position of what it is about: the store's last tells of others."""
        position = self.recorder.position_of(kept.answer.id)
        return kept._replace(answer=kept.answer.model_copy(update={"position": position}))

    def _is_of(self, claim: Claim, kept: Kept) -> bool:
        """Where an earlier version did not note who asked, the event that was answered says who acted."""
        if kept.asker is not None:
            return kept.asker == claim.asker
        answer = kept.answer
        stored = self.recorder.events_of(answer.id, answer.version - 1, 1)
        events = map(self.application.mapper.to_domain_event, stored)
        return any(claim.has_made(event) for event in events)

    def _insert(self, jobs: Sequence[Job]) -> None:
        """Commit events, answers and steps; IntegrityError where somebody else has committed since."""
        if self._commits is None:
            raise RuntimeError("the writer does not know where it stands")
        answers = {
            job.claim.key: job.claim.keep(job.saved, recorded=bool(job.events))
            for job in jobs
            if job.claim and job.saved
        }
        events = [event for job in jobs for event in job.events]
        letters = [letter for job in jobs for letter in job.letters]
        idle = [job.saved.id for job in jobs if job.claim and job.saved and not job.events]
        positions = {named: self.recorder.position_of(named) for named in idle}
        self.application.keyring.flush()
        with self.seconds.timed():
            ids = self.recorder.insert_events(
                events,
                answers=answers,
                steps=[
                    Step(COMMITS, self._commits, self._commits + 1, 0),
                    *(job.step for job in jobs if job.step),
                ],
                letters=letters,
            )
        self._commits = None if letters else self._commits + 1
        self._stored = (ids or (), events)
        positions |= {str(e.originator_id): i for e, i in zip(events, ids or (), strict=True)}
        for job in jobs:
            if job.claim and job.saved:
                position = ids[-1] if ids and job.events else positions[job.saved.id]
                id_, version, findings = job.saved
                job.outcome = Answer(id=id_, version=version, position=position, findings=findings)
            else:
                job.outcome = job.step or job.saved or DONE

    def _remember(self, latest: datetime | None = None) -> None:
        """What was stored follows directly what is known. Only once it is committed: the relay publishes it.

        `latest`: when the latest of it was recorded.
        """
        if latest is not None:
            self.application.clock.observe(latest)
        (ids, events), self._stored = self._stored, NOTHING
        self._confirmed = self._commits or self._confirmed
        if not ids:
            return
        self._recent.append((self.application.position, ids, events))
        self.application.stored(ids[-1], len(events))
