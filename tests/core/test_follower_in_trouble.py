"""A follower whose stream, consumer, broker or store is not as it should be: nothing is lost, nothing is applied twice."""

from typing import Any

import nats
import pytest
from siko_core.broker import topology
from siko_core.positions import Place

from tests.core.messages import SCHEDULER
from tests.core.producing import Producer, arrived, heard, place
from tests.core.waiting import until


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
