"""The follower: another service's events in, each once, in order; effects and place are one commit."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from siko_core import topology
from siko_core.metadata import Metadata, deciding
from siko_core.steps import Place
from siko_core.writer import Job

from tests.core.batches import NOW
from tests.core.messages import SCHEDULER
from tests.core.toy import Tally, following_service, moment
from tests.core.waiting import until


class Producer:
    """Puts messages on the scheduler's stream as its relay would, or wrongly where a test says so."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def tell(self, *positions: int, previous: int | None = None) -> None:
        """One message a position; `previous` of the first, default the position before it."""
        last = positions[0] - 1 if previous is None else previous
        for position in positions:
            await self.put(position, last)
            last = position

    async def put(self, position: int, previous: int, body: bytes | None = None) -> None:
        await self.client.jetstream().publish(
            "siko.event.scheduler.recorded.v1.pp-koeln",
            body or body_of(position),
            headers={
                "ce-type": "recorded.v1",
                "Siko-Position": str(position),
                "Siko-Previous": str(previous),
            },
        )


def body_of(position: int) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{position}",
            "aggregate_id": "a",
            "aggregate_version": position,
            "authority_id": "pp-koeln",
            "effective_at": NOW,
            "recorded_at": NOW,
            "actor": {"function": "secretariat", "body_id": "pp-koeln"},
            "event": "toy_note.written",
        }
    ).encode()


@pytest.fixture
def producer(client):
    return Producer(client)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """The server's silence is noticed within a second, not within six."""
    monkeypatch.setattr("siko_core.follower.HEARTBEAT_SECONDS", 0.25)
    monkeypatch.setattr("siko_core.follower.SILENCE_SECONDS", 0.75)
    monkeypatch.setattr("siko_core.follower.STANDBY_SECONDS", 0.1)


@pytest.fixture
async def follow(serve):
    """Starts a service that follows the scheduler and counts what it hears."""

    async def start() -> Any:
        return await serve(following_service())

    return start


def heard(service: Any) -> list[int]:
    """The positions of what has been counted, in its order, from the store."""
    mapper = service.application.mapper
    stored = service.application.recorder.select_events("tally")
    counted = [mapper.to_domain_event(each) for each in stored]
    return [int(e.heard[1:]) for e in counted if isinstance(e, Tally.Counted)]


def place(service: Any) -> Place:
    found: Place = service.application.recorder.place("scheduler")
    return found


async def arrived(service: Any, *positions: int) -> None:
    def is_there() -> bool:
        found = heard(service)
        assert found == list(positions)[: len(found)]
        return found == list(positions)

    await until(is_there)


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


async def test_what_lies_behind_a_gap_is_never_applied(producer, follow):
    """3 is missing; what came before the gap is applied, though it may arrive in one burst with what is behind."""
    await producer.tell(1, 2)
    await producer.tell(4, previous=3)
    service = await follow()
    await arrived(service, 1, 2)
    await until(lambda: service.figures.followers[0].renewed > 2)
    assert heard(service) == [1, 2]
    assert place(service) == Place(2, 2)


async def test_after_a_gap_it_goes_on_when_the_stream_has_been_made_whole(producer, follow, client):
    await producer.tell(1)
    await producer.tell(3, previous=2)
    service = await follow()
    await arrived(service, 1)
    await client.jetstream().delete_stream(SCHEDULER)
    await topology.apply(client)
    await producer.tell(1, 2, 3)
    await arrived(service, 1, 2, 3)


async def test_a_stream_made_anew_and_refilled_is_followed_on(producer, follow, client):
    await producer.tell(1, 2, 3)
    service = await follow()
    await arrived(service, 1, 2, 3)
    await client.jetstream().delete_stream(SCHEDULER)
    await topology.apply(client)
    await producer.tell(1, 2, 3, 4)
    await arrived(service, 1, 2, 3, 4)


async def test_a_stream_refilled_at_other_places_is_followed_on(producer, follow, client):
    """The stored sequence holds another message than it held: the position is looked for in the whole stream."""
    await producer.tell(1)
    await producer.tell(1)
    await producer.tell(2, 3, previous=1)
    service = await follow()
    await arrived(service, 1, 2, 3)
    assert place(service) == Place(3, 4)
    await client.jetstream().delete_stream(SCHEDULER)
    await topology.apply(client)
    await producer.tell(1, 2, 3, 4, 5, 6)
    await arrived(service, 1, 2, 3, 4, 5, 6)


async def test_a_consumer_deleted_while_it_runs_is_made_anew(producer, follow, client):
    await producer.tell(1)
    service = await follow()
    await arrived(service, 1)
    jetstream = client.jetstream()
    for consumer in await jetstream.consumers_info(SCHEDULER):
        assert await jetstream.delete_consumer(SCHEDULER, consumer.name)
    await producer.tell(2)
    await arrived(service, 1, 2)


async def test_a_broker_that_was_killed_is_followed_on_when_it_is_back(
    producer, follow, client, nats_server
):
    await producer.tell(1)
    service = await follow()
    await arrived(service, 1)
    nats_server.restart()
    again = await nats.connect(nats_server.url)
    await Producer(again).tell(2)
    await arrived(service, 1, 2)
    await again.close()


@pytest.mark.parametrize("error", ["RuntimeError", "Refused"])
async def test_a_batch_that_fails_once_is_tried_again_and_nothing_is_lost(
    producer, follow, monkeypatch, error
):
    """Also where the policy is refused something: for an event there is nobody whom to tell a refusal."""
    if error == "RuntimeError":
        monkeypatch.setattr("tests.core.toy.NoteWithdrawn", RuntimeError)
    service = await follow()
    await producer.tell(1, 2)
    await arrived(service, 1, 2)
    service.application.stumbles = 1
    await producer.tell(3)
    await arrived(service, 1, 2, 3)
    assert place(service) == Place(3, 3)


async def test_a_store_that_is_away_for_a_while_loses_nothing(producer, follow, monkeypatch):
    service = await follow()
    recorder = service.application.recorder

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(recorder, "insert_events", away)
        await producer.tell(1, 2)
        await until(lambda: service.figures.followers[0].renewed > 1)
        assert heard(service) == []
    await arrived(service, 1, 2)


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
    monkeypatch.setattr("siko_core.lease.Lease.take", lambda *_: True)
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
        headers={"ce-type": "wonder.v9", "Siko-Position": "1", "Siko-Previous": "0"},
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

    def count_one() -> None:
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


def test_the_callable_type_of_a_lease_is_what_the_follower_takes() -> None:
    from siko_core.lease import Lease

    take: Callable[[str], bool] = Lease("sqlite:///x.db").take
    assert take("anything") is True
