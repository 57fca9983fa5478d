"""Optimistic concurrency: decides batches on cached state, commits by compare-and-set, re-decides only what is stale."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import structlog
from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from prometheus_client import Histogram
from siko_contracts.answers import Answer, Refusal

from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.faults import cause_of, found_in, is_permanent, writing_what_harms_nobody
from siko_core.positions import COMMITS, OutOfStep, Step, Written
from siko_core.recovery.compare import HistoriesDiffer
from siko_core.refusals import NotStorable, Refused, refusal_of
from siko_core.writer.claims import Claim, StoredAnswer
from siko_core.writer.job import Batch, Job, stale_jobs

log = structlog.get_logger()
RECENT = 32
"""Committed batches that are kept in memory for the relay."""
PAGE = 500
DONE = object()
"""Outcome of a job that saved nothing."""
ATTEMPTS = 2
"""Optimistic attempts before the other writers are locked out; they wait while the batch is re-decided."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the buckets for a commit's duration."""
NOTHING: tuple[Sequence[int], Sequence[StoredEvent]] = ((), ())


class Committer:
    """Decides and commits the jobs of one application."""

    def __init__(self, application: EventSourcedApplication) -> None:
        self.application = application
        self.recorder = application.recorder
        self.decided_again = self.refused_rows = 0
        self.seconds = Histogram(
            "siko_writer_commit_seconds",
            "from sending to commit",
            buckets=SECONDS,
            registry=None,
        )
        self.parked: set[tuple[str, str]] = set()
        self._commits: int | None = None
        """The store's commit count that the cache is current with; None if it is not known."""
        self._confirmed = 0
        self._has_caught_up = False
        self._committed = NOTHING
        """Positions and events of a batch that is committed, and not yet in the cache."""
        self._recent: deque[tuple[int, Sequence[int], Sequence[StoredEvent]]] = deque(maxlen=RECENT)

    def commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Decide and commit the jobs; returns those that were not reached and belong in the next batch.

        If the store permanently rejects the batch, bisect it: the job to blame is refused, all others are committed.
        Raises HistoriesDiffer if the store was rolled back, and the store's error if that may pass by itself.
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
        """Commit an empty batch. Raises Unavailable if the store cannot be written."""
        with writing_what_harms_nobody():
            try:
                with self.recorder.exclusively():
                    self._catch_up()
                    self._insert(())
                self._advance()
            except Exception:
                self._roll_back(())
                raise

    def _refuse(self, job: Job, error: Exception) -> None:
        """Refuse a job that the store rejects. Raises Unavailable if the store accepts no write at all, so that no job is to blame."""
        self.application.keyring.ensure_writable()
        self.ensure_writable()
        if job.raises:  # the follower bisects its batch, and parks the event to blame
            job.outcome = error
            return
        self.refused_rows += 1
        command_id = job.claim and job.claim.command_id
        log.error(
            "not_storable", command=command_id, error=cause_of(error), found_in=found_in(error)
        )
        job.outcome = refusal_of(NotStorable())

    def _commit(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Decide all jobs and commit them in one transaction.

        Every commit increments the store's commit count by compare-and-set, from the count that the cache is
        current with. If that succeeds, nobody else has committed since, so everything that was read was current,
        refusals included. Otherwise catch up and re-decide the jobs whose read set intersects foreign writes; the last
        attempt is made with all other writers locked out.
        """
        batch = Batch()
        try:
            self._catch_up()
            self._decide(jobs, batch)
            attempts = 1
            while not self._is_committed(batch):
                if attempts == ATTEMPTS:
                    return self._commit_again(batch)
                attempts += 1
                batch = self._revalidated(batch)
            self._advance(batch.latest)
            self._answer_repeats(list(batch.refused))
            batch.refuse()
        except Exception:
            self._roll_back(jobs)
            raise
        return batch.left

    def recent(self, position: int) -> list[Notification]:
        """The events after this position, as far as they are among this writer's recent commits; may be empty."""
        notifications: list[Notification] = []
        for previous, ids, events in tuple(self._recent):
            if previous == position:
                notifications += [
                    Notification(e.originator_id, e.originator_version, e.topic, e.state, id)
                    for id, e in zip(ids, events, strict=True)  # noqa: A001 - the library's name
                ]
                position = ids[-1]
        return notifications

    def _decide(self, jobs: Sequence[Job], batch: Batch) -> None:
        """Decide the jobs one after the other into the batch; what must wait for its commit goes to `batch.left`."""
        application = self.application
        for number, job in enumerate(jobs):
            if job.claim and job.claim.command_id in batch.commands:
                # A repeat within the batch: it is answered once the first is committed.
                batch.left = jobs[number:]
                return
            clock = application.clock
            job.not_before = clock.now(batch.latest) if clock.manual else None
            try:
                job.saved = job.decide(job)
                mapper = application.mapper
                job.events = [mapper.to_stored_event(event) for event in application.staged]
                job.read_ids, job.read_topics = application.end_decision()
            except Exception as error:  # noqa: BLE001 - it concerns this job alone, not the batch
                job.events = ()
                job.read_ids, job.read_topics, spoilt = application.roll_back_decision()
                batch.refused[job] = (
                    refusal_of(error) if isinstance(error, Refused) and not job.raises else error
                )
                if spoilt & batch.changed:
                    # The cache has dropped aggregates that earlier jobs of the batch changed: commit those first.
                    batch.left = jobs[number + 1 :]
                    return
            else:
                application.cache.add_decided(job.events)
                batch.add(job)
                if job.letters:  # later jobs must see what is parked
                    batch.left = jobs[number + 1 :]
                    return

    def _commit_again(self, batch: Batch) -> Sequence[Job]:
        """Lock out all other writers, catch up, re-decide the stale jobs and commit."""
        with self.recorder.exclusively():
            again = self._revalidated(batch, with_answers=True)
            if again.decided:
                self._insert(again.decided)
        self._advance(again.latest)
        again.refuse()
        return again.left

    def _revalidated(self, batch: Batch, *, with_answers: bool = False) -> Batch:
        """Catch up with foreign commits; returns the batch with its stale jobs re-decided and all others kept.

        `with_answers`: jobs that another process has answered or applied take that outcome and are not re-decided.
        """
        self.application.cache.roll_back([event for job in batch.decided for event in job.events])
        for job in batch.jobs:
            job.outcome = None
        parked = self.parked
        foreign = self._catch_up()
        if with_answers:
            self._answer_repeats(batch.jobs)
        stale = stale_jobs(batch.jobs, foreign, parked_otherwise=self.parked != parked)
        self.application.cache.evict({i for job in stale for i in job.changed})
        self.decided_again += len(stale)
        refused = {job: outcome for job, outcome in batch.refused.items() if job not in stale}
        again = Batch(refused=refused)
        for job in batch.decided:
            if job not in stale:
                self.application.cache.add_decided(job.events)
                again.add(job)
        self._decide([job for job in stale if job.outcome is None], again)
        again.left = [*again.left, *batch.left]
        return again

    def _catch_up(self) -> Sequence[Written]:
        """Catch up: read the commit count and what is parked, and evict what other processes have changed.

        Returns the headers of the foreign events.
        Raises HistoriesDiffer if the commit count went back: the store was restored beneath the running service.
        """
        if self._commits is not None and not self.recorder.others_committed():
            return ()
        position = self.application.cache.position
        standing, page = self.recorder.standing(position, PAGE if self._has_caught_up else 0)
        if standing.commits < self._confirmed:
            what = "the store has gone back to an earlier commit beneath the running service"
            raise HistoriesDiffer(self.application.name, what)
        self._confirmed = standing.commits
        self.parked = self.recorder.parked() if standing.is_parked else set()
        if not self._has_caught_up:  # first call: the cache is empty, so there is nothing to evict
            self.application.cache.catch_up(standing.last, ())
            self._has_caught_up = True
        foreign: list[Written] = []
        while page:
            self.application.cache.catch_up(page[-1].id, page)
            foreign += page
            is_more = page[-1].id < standing.last
            page = self.recorder.foreign(page[-1].id, PAGE, standing.last) if is_more else ()
        self._commits = standing.commits
        return foreign

    def _is_committed(self, batch: Batch) -> bool:
        """Try to commit the batch. False if another process has committed meanwhile; the commit count is then unknown."""
        if not self.recorder.others_committed():
            if not batch.decided:
                standing, _ = self.recorder.standing(self.application.cache.position, 0)
                if standing.commits == self._commits:
                    return True
            else:
                with suppress(IntegrityError):
                    self._insert(batch.decided)
                    return True
        self._commits = None
        return False

    def _roll_back(self, jobs: Sequence[Job]) -> None:
        """Roll back the cache: after an error it is unknown whether the jobs were committed, so evict what they touched."""
        self._committed = NOTHING
        self._commits = None
        self.application.cache.roll_back([event for job in jobs for event in job.events])
        for job in jobs:
            self.application.cache.evict(job.read_ids)
            job.outcome = None

    def _answer_repeats(self, jobs: Sequence[Job]) -> None:
        """Settle repeats: an answered command gets its first answer, a step that was taken already gets OutOfStep."""
        keys = [key for job in jobs if job.claim for key in job.claim.keys]
        known = self.recorder.answered(keys) if keys else {}
        for job in jobs:
            if job.claim:
                job.outcome = self._first_answer(job.claim, known)
            elif job.step and self.recorder.place(job.step.producer).position != job.step.previous:
                job.outcome = OutOfStep(job.step)

    def _first_answer(
        self, claim: Claim, known: Mapping[str, tuple[str, int | None]]
    ) -> Answer | Refusal | None:
        """The first answer to this asker, or None. If another asker holds the id, the answer moves to the scoped key."""
        for key in claim.keys:
            if key in known:
                first = StoredAnswer.read(*known[key])
                if self._belongs_to(claim, first):
                    return claim.answer(self._with_position(first))
                claim.key = claim.keys[-1]
        return None

    def _with_position(self, first: StoredAnswer) -> StoredAnswer:
        """Set the position of an answer that recorded nothing: that of its aggregate's last event.

        The store's last position would disclose the commits of others.
        """
        if first.recorded:
            return first
        position = self.recorder.position_of(first.answer.id)
        return first._replace(answer=first.answer.model_copy(update={"position": position}))

    def _belongs_to(self, claim: Claim, first: StoredAnswer) -> bool:
        """Whether the stored answer is this asker's. If an earlier version stored no asker, the event's actor decides."""
        if first.asker is not None:
            return first.asker == claim.asker
        answer = first.answer
        stored = self.recorder.events_of(answer.id, answer.version - 1, 1)
        events = map(self.application.mapper.to_domain_event, stored)
        return any(claim.has_recorded(event) for event in events)

    def _insert(self, jobs: Sequence[Job]) -> None:
        """Commit events, answers, steps and letters. Raises IntegrityError if another process has committed since."""
        if self._commits is None:
            raise RuntimeError("the writer does not know where it stands")
        answers = {
            job.claim.key: job.claim.to_json(job.saved, recorded=bool(job.events))
            for job in jobs
            if job.claim and job.saved
        }
        events = [event for job in jobs for event in job.events]
        letters = [letter for job in jobs for letter in job.letters]
        idle = [job.saved.id for job in jobs if job.claim and job.saved and not job.events]
        positions = {id_: self.recorder.position_of(id_) for id_ in idle}
        self.application.keyring.flush()
        with self.seconds.time():
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
        self._committed = (ids, events)
        positions |= {str(e.originator_id): i for e, i in zip(events, ids, strict=True)}
        for job in jobs:
            if job.claim and job.saved:
                position = ids[-1] if job.events else positions[job.saved.id]
                id_, version, findings, told = job.saved
                job.outcome = job.answer(
                    id=id_, version=version, position=position, findings=findings, **told
                )
            else:
                job.outcome = job.step or job.saved or DONE

    def _advance(self, latest: datetime | None = None) -> None:
        """Advance the cache to the committed batch and keep it for the relay. Call only after the commit.

        `latest`: the latest `recorded_at` of the batch.
        """
        if latest is not None:
            self.application.clock.observe(latest)
        (ids, events), self._committed = self._committed, NOTHING
        self._confirmed = self._commits or self._confirmed
        if not ids:
            return
        self._recent.append((self.application.cache.position, ids, events))
        self.application.cache.advance(ids[-1], len(events))
