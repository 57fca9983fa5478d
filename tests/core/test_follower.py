"""The follower: another service's events in, each once, in order; effects and place are one commit."""

import asyncio
from typing import Any

from siko_core.follower.follower import Follower
from siko_core.metadata import Metadata, deciding
from siko_core.positions import Place
from siko_core.writer.job import Job

from tests.core.batches import NOW
from tests.core.producing import arrived, headers_of, heard, place
from tests.core.toy import Tally, moment
from tests.core.waiting import until


async def test_events_are_applied_each_once_in_order(producer, follow):
    await producer.tell(1, 2, 3)
    service = await follow()
    await arrived(service, 1, 2, 3)
    await producer.tell(4)
    await arrived(service, 1, 2, 3, 4)
    assert place(service) == Place(4, 4)


async def test_what_has_arrived_together_is_one_transaction(producer, follow):
    await producer.tell(*range(1, 101))
    service = await follow()
    await arrived(service, *range(1, 101))
    assert service.writer.batches < 20


async def test_positions_may_have_holes_where_the_chain_has_none(producer, follow):
    await producer.tell(2, 5, 9, previous=0)
    service = await follow()
    await arrived(service, 2, 5, 9)
    assert place(service) == Place(9, 3)


async def test_effects_and_place_are_one_commit(producer, follow, monkeypatch):
    """Whatever commit one looks at: the place is that of the last event that took effect."""
    service = await follow()
    recorder = service.application.recorder
    commits: list[tuple[list[int], int]] = []
    insert = recorder.insert_events

    def insert_events(*arguments: Any, **named: Any) -> Any:
        ids = insert(*arguments, **named)
        commits.append((heard(service), place(service).position))
        return ids

    monkeypatch.setattr(recorder, "insert_events", insert_events)
    for position in range(1, 6):
        await producer.tell(position)
        await asyncio.sleep(0.01)
    await arrived(service, 1, 2, 3, 4, 5)
    assert commits
    assert all(counted[-1] == position for counted, position in commits)


async def test_a_follower_that_starts_again_goes_on_where_it_stood(producer, serve, follow):
    await producer.tell(1, 2)
    first = await follow()
    await arrived(first, 1, 2)
    await producer.tell(3)
    await arrived(first, 1, 2, 3)
    again = await follow()
    await producer.tell(4, 5)
    await arrived(again, 1, 2, 3, 4, 5)


async def test_doubles_are_dropped(producer, follow):
    await producer.tell(1, 2)
    await producer.tell(1, 2)
    await producer.tell(2, previous=1)
    await producer.tell(3, previous=2)
    service = await follow()
    await arrived(service, 1, 2, 3)
    assert place(service) == Place(3, 6)


async def test_two_replicas_apply_each_event_once(producer, follow):
    here, there = await follow(), await follow()
    for start in range(1, 61, 5):
        await producer.tell(*range(start, start + 5))
        await asyncio.sleep(0.005)
    await arrived(here, *range(1, 61))
    assert heard(there) == heard(here)
    assert place(there) == Place(60, 60)


async def test_two_replicas_that_both_follow_apply_each_event_once(producer, follow, monkeypatch):
    """As where the lease was given to both: the compare-and-set of the place is the guard."""
    monkeypatch.setattr("siko_core.store.lease.Lease._take", lambda *_: True)
    here, there = await follow(), await follow()
    for start in range(1, 41, 4):
        await producer.tell(*range(start, start + 4))
        await asyncio.sleep(0.01)
    await arrived(here, *range(1, 41))
    assert place(there) == Place(40, 40)


async def test_a_type_that_this_version_does_not_know_moves_the_place_and_nothing_else(
    producer, follow, client
):
    await client.jetstream().publish(
        "siko.event.scheduler.wonder.v9.nrw",
        b"{}",
        headers=headers_of(1, 0) | {"ce-type": "wonder.v9"},
    )
    await producer.tell(2)
    service = await follow()
    await arrived(service, 2)
    assert place(service) == Place(2, 2)


async def test_a_reaction_inherits_when_its_cause_happened_and_acts_as_the_service(
    producer, follow
):
    await producer.tell(1)
    service = await follow()
    await arrived(service, 1)
    stored = service.application.recorder.select_events("tally")[-1]
    metadata = service.application.mapper.to_domain_event(stored).metadata
    assert metadata.effective_at == moment(NOW)
    assert metadata.recorded_at == moment(NOW)
    assert metadata.actor.function == "service invitations"


async def test_own_decisions_go_on_while_a_producer_is_followed(producer, follow):
    """Reactions and commands are jobs of one writer: the same aggregate, and no version twice."""
    service = await follow()

    def count_one(_: Job) -> None:
        now = moment(NOW)
        with deciding(Metadata(effective_at=now, recorded_at=now)):
            tally = service.application.find(Tally, "tally") or Tally(id="tally")
            tally.count("e0")
            service.application.save(tally)

    told = asyncio.create_task(producer.tell(*range(1, 51)))
    for _ in range(50):
        await service.writer.perform(Job(count_one))
        await asyncio.sleep(0)
    await told
    await until(lambda: place(service).position == 50)
    counted = heard(service)
    assert counted.count(0) == 50
    assert [each for each in counted if each] == list(range(1, 51))


async def test_a_follower_told_to_stop_in_the_moment_of_an_arrival_stops(producer, client):
    """Python 3.11's `wait_for` swallows a cancellation that comes together with the result."""
    applied: list[Any] = []

    async def take(batch: Any, *_: Any) -> None:
        applied.extend(batch)

    async def begin(_: str) -> Place:
        return Place()

    follower = Follower("toy", "scheduler", client, begin, take)
    task = asyncio.create_task(follower.run())
    await producer.tell(1)
    await until(lambda: applied)
    await asyncio.sleep(0.05)
    follower._wake.set()
    task.cancel()
    await asyncio.wait({task}, timeout=2)
    assert task.done()
