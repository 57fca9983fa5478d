"""Ways to build it that look right and are not: each takes one guard out of core, in a replica only."""

# ruff: noqa: PLC0415, BLE001 - imported by the one that mutates it; and it is mutants that catch everything

import asyncio
import os
import random
from collections.abc import Callable
from typing import Any

MOST_DELAY = 0.5
FATAL_POSITION = 20
"""Between the two commits of this one the process dies, and once only."""


def _put(owner: Any, name: str, mutated: Any) -> None:
    """AttributeError where core has no such thing any more: then the mutant has to be written anew."""
    getattr(owner, name)
    setattr(owner, name, mutated)


def none() -> None:
    """No mutant: what the others meet, on siko as it is. The line to the broker is slow, now more and now less.

    So one of two replicas publishes what the other one has published long enough ago that the broker forgot it.
    """
    from siko_core.relay.publisher import Publisher

    publish = Publisher.publish

    async def slowly(publisher: Any, sequence: int, messages: Any) -> None:
        await asyncio.sleep(random.uniform(0, MOST_DELAY))
        await publish(publisher, sequence, messages)

    _put(Publisher, "publish", slowly)


def stock_ack_policy() -> None:
    """A stock acknowledgement policy: what fails is acknowledged too, and the consumer goes on behind it."""
    from siko_core.follower import follower
    from siko_core.positions import OutOfStep, Step

    async def acknowledging(apply: Any, producer: str, previous: int, batch: Any) -> None:
        step = Step(producer, previous, batch[-1].position, batch[-1].sequence)
        try:
            await apply(batch, step)
        except OutOfStep:
            raise
        except Exception:
            while True:
                try:
                    return await apply([], step)
                except OutOfStep:
                    raise
                except Exception:
                    await asyncio.sleep(0.05)

    _put(follower, "carefully", acknowledging)


def concurrent_batch() -> None:
    """The events of a batch are handled at the same time, so in any order."""
    from siko_core.follower import follower

    carefully = follower.carefully

    async def concurrently(apply: Any, producer: str, previous: int, batch: Any) -> None:
        async def in_any_order(some: Any, step: Any, *fault: Any) -> Any:
            return await apply(random.sample(some, len(some)), step, *fault)

        await carefully(in_any_order, producer, previous, batch)

    _put(follower, "carefully", concurrently)


def no_fence() -> None:
    """Publishes that expect nothing: the server takes them wherever its stream ends."""
    from siko_core.relay import publisher

    none()
    _put(publisher, "EXPECTED_SEQUENCE", "Siko-Not-Expected")


def position_before_commit() -> None:
    """The position moves in a transaction of its own, before the effects; and once the process dies in between."""
    from siko_core.writer.job import Job
    from siko_core.writer.writer import Writer

    perform = Writer.perform

    async def position_first(writer: Writer, job: Job) -> Any:
        if job.step:
            await perform(writer, Job(lambda _: None, step=job.step, raises=True))
            if job.step.previous < FATAL_POSITION <= job.step.position:
                os._exit(1)
            job.step = None
        return await perform(writer, job)

    _put(Writer, "perform", position_first)


def no_lock() -> None:
    """As POSTGRES_ENABLE_DB_FUNCTIONS does it: replicas insert side by side, and ids are not in commit order."""
    from siko_core.positions import COMMITS
    from siko_core.store import postgres
    from siko_core.store.postgres_statements import STATEMENTS
    from siko_core.writer.commit import Committer

    insert = postgres.PostgresUnitRecorder.insert_events

    def side_by_side(recorder: Any, events: Any, *, steps: Any = (), **more: Any) -> Any:
        own = [step for step in steps if step.producer != COMMITS]
        return insert(recorder, events, steps=own, **more)

    insertion = STATEMENTS["insert"]
    STATEMENTS["insert"] = insertion.replace("pg_advisory_xact_lock(hashtext({lock}))", "1")
    if STATEMENTS["insert"] == insertion:
        raise AttributeError("insert")
    _put(postgres.PostgresUnitRecorder, "insert_events", side_by_side)
    # nor does it count commits: it would notice that they do not count up
    Committer._confirmed = property(lambda _: 0, lambda *_: None)


def no_previous_check() -> None:
    """Whatever comes behind the position is taken for the next one."""
    from siko_core.follower import follower

    def whatever_comes(each: Any, position: int) -> Any:
        return each if each.position > position else None

    _put(follower, "_next", whatever_comes)


def answers_not_kept() -> None:
    """A command's id is not remembered: its repeat is decided anew."""
    from siko_core.store import postgres

    insert = postgres.PostgresUnitRecorder.insert_events

    def forgetting(recorder: Any, events: Any, *, answers: Any = None, **more: Any) -> Any:
        return insert(recorder, events, answers={}, **more)

    _put(postgres.PostgresUnitRecorder, "insert_events", forgetting)


MUTANTS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        none,
        stock_ack_policy,
        concurrent_batch,
        no_fence,
        position_before_commit,
        no_lock,
        no_previous_check,
        answers_not_kept,
    )
}
