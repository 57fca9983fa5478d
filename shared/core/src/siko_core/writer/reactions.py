"""Reactions of a write service to other services' events: one commit for effects, position and parked events."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from siko_contracts.events import Event

from siko_core.clock import Clock
from siko_core.eventsourced import history as lost
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.faults import Fault
from siko_core.follower.message import Followed
from siko_core.follower.parking import divide, opened
from siko_core.letters import Letter, LetterFilter
from siko_core.metadata import Metadata, deciding, service_actor
from siko_core.positions import Step
from siko_core.writer.job import Job
from siko_core.writer.writer import Writer

A = TypeVar("A", bound=EventSourcedApplication)


class Reactions(Generic[A]):
    """Applies batches of events through the service's policy, as jobs of its writer."""

    def __init__(
        self, application: A, policy: Callable[[Event, A], None], clock: Clock, writer: Writer
    ) -> None:
        self.application = application
        self.policy = policy
        self.recorder = application.recorder
        self.clock = clock
        self.writer = writer

    async def apply(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> Sequence[Letter]:
        """Apply a batch; returns the letters that were parked.

        Raises OutOfStep if another replica has moved the position, and whatever the policy raises.
        """
        job = self.job(batch, step, fault)
        await self.writer.perform(job)
        return job.letters

    def job(self, batch: Sequence[Followed], step: Step, fault: Fault | None = None) -> Job:
        """Make the job that applies the events of a batch that can be applied, and parks the others."""

        def decide(job: Job) -> None:
            passed, job.letters = divide(step.producer, batch, self.writer.parked, fault)
            for followed in passed:
                self._react(job, step.producer, followed)

        return Job(decide, step=step, raises=True)

    async def letters(self, selection: LetterFilter) -> list[Letter]:
        return await asyncio.to_thread(self.recorder.letters, selection)

    async def count_parked(self) -> int:
        return await asyncio.to_thread(self.recorder.count_parked)

    async def change(
        self, selection: LetterFilter, changed: Callable[[Letter], Letter], *, replay: bool = False
    ) -> Sequence[Letter]:
        """Store the selected letters as `changed` returns them, and return them; with `replay`, apply their events first."""

        def decide(job: Job) -> None:
            letters: list[Letter] = self.recorder.letters(selection)
            for letter in letters if replay else ():
                self._react(job, letter.producer, opened(letter))
            job.letters = [changed(letter) for letter in letters]

        job = Job(decide, raises=True)
        await self.writer.perform(job)
        return job.letters

    def _react(self, job: Job, producer: str, followed: Followed) -> None:
        event = followed.event
        if event is None:
            return
        self.clock.observe(event.recorded_at)
        metadata = Metadata(
            effective_at=event.effective_at,
            recorded_at=self.clock.now(job.not_before),
            actor=service_actor(self.application.name),
            correlation_id=followed.correlation_id,
        )
        with deciding(metadata):
            lost.hear(self.application, producer, event)
            self.policy(event, self.application)


def ignore(event: Event, application: EventSourcedApplication) -> None:
    """The policy of a service that follows no other: it does nothing."""
