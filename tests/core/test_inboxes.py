"""A follower's inbox: what arrives there counts only where our consumer takes it from the producer's stream."""

import asyncio
import time
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from siko_core.broker import topology
from siko_core.follower.follower import Follower
from siko_core.follower.shortfall import FILLING_SECONDS, Shortfall
from siko_core.positions import Place
from siko_core.process.readiness import Readiness
from siko_core.relay.message import Message
from siko_core.relay.publisher import OutOfFence, Publisher

from tests.core.messages import SCHEDULER
from tests.core.producing import SUBJECT, arrived, body_of, headers_of, heard, place
from tests.core.waiting import until

AGENDA = "SIKO_AGENDA"


async def of_service(client: Client) -> ConsumerInfo:
    """The consumer that the service has on the scheduler's stream."""

    async def found() -> Any:
        return await client.jetstream().consumers_info(SCHEDULER)

    (consumer,) = await until(found)
    return consumer


async def push(
    client: Client, stream: str, inbox: str | None, first: int = 1, heartbeat: float | None = None
) -> None:
    """What whoever may make consumers can do: let the stream's messages be delivered at the inbox of another."""
    await client.jetstream().add_consumer(
        stream,
        ConsumerConfig(
            deliver_subject=inbox,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            idle_heartbeat=heartbeat,
            flow_control=heartbeat is not None,
        ),
    )


async def forge(client: Client, *positions: int, previous: int) -> None:
    """On the stream of the agenda, and in everything else like the scheduler's events."""
    for position in positions:
        await client.jetstream().publish(
            f"siko.event.agenda.{position}",
            body_of(position),
            headers=headers_of(position, previous),
        )
        previous = position


def follower_of(service: Any) -> Follower:
    (follower,) = service.figures.followers
    return follower


async def foreign(service: Any) -> float:
    registry = await service.figures.registry()
    labels = {"service": service.name, "producer": "scheduler"}
    return registry.get_sample_value("siko_follower_foreign_total", labels) or 0.0


async def test_events_of_another_stream_are_counted_and_do_not_count(producer, follow, client):
    await producer.tell(1, 2)
    service = await follow()
    await arrived(service, 1, 2)
    consumer = await of_service(client)
    await forge(client, 3, 4, 5, previous=2)
    await push(client, AGENDA, consumer.config.deliver_subject)

    async def are_counted() -> bool:
        return await foreign(service) == 3

    await until(are_counted)
    assert heard(service) == [1, 2]
    assert place(service) == Place(2, 2)
    await producer.tell(3)
    await arrived(service, 1, 2, 3)
    assert follower_of(service).renewed == 0


async def test_the_very_streams_events_do_not_count_where_another_consumer_takes_them(
    producer, follow, client
):
    """Else whoever may make consumers decides what a service hears, and when."""
    await producer.tell(1, 2)
    service = await follow()
    await arrived(service, 1, 2)
    consumer = await of_service(client)
    assert await client.jetstream().delete_consumer(SCHEDULER, consumer.name)
    await producer.tell(3)
    await push(client, SCHEDULER, consumer.config.deliver_subject)

    async def are_counted() -> bool:
        return await foreign(service) == 3

    await until(are_counted)
    await arrived(service, 1, 2, 3)
    assert follower_of(service).renewed == 1


FORGED: list[dict[str, str]] = [
    {},
    {"ce-source": "siko/invitations"},
    {"ce-source": ""},
    {"Siko-Position": "9" * 30},
    {"Siko-Position": "-3"},
    {"Siko-Position": "2"},
    {"Siko-Position": "three"},
    {"Siko-Position": "1_0"},
    {"Siko-Position": "\N{ARABIC-INDIC DIGIT THREE}"},
    {"Siko-Previous": "-1"},
    {"Siko-Previous": "3"},
    {"ce-type": "%ff"},
    {"ce-subject": "%ff"},
]
"""What is wrong with it, beside headers that are right; in the first one these are missing."""


async def test_what_is_no_event_of_the_producer_is_passed_over_also_on_its_stream(
    producer, follow, client
):
    """Neither the place moves nor the chain breaks: the next event follows on the last one."""
    await producer.tell(1, 2)
    for wrong in FORGED:
        headers = headers_of(3, 2) | wrong if wrong else {"Siko-Position": "3"}
        await client.jetstream().publish(SUBJECT, body_of(7), headers=headers)
    await producer.tell(3)
    service = await follow()
    await arrived(service, 1, 2, 3)
    assert place(service) == Place(3, 3 + len(FORGED))
    assert await foreign(service) == len(FORGED)
    assert follower_of(service).renewed == 0


async def test_heartbeats_of_another_consumer_do_not_hide_that_ours_is_gone(
    producer, follow, client
):
    await producer.tell(1)
    service = await follow()
    await arrived(service, 1)
    consumer = await of_service(client)
    await push(client, AGENDA, consumer.config.deliver_subject, heartbeat=0.1)
    await producer.tell(2)
    await arrived(service, 1, 2)
    assert await client.jetstream().delete_consumer(SCHEDULER, consumer.name)
    await producer.tell(3)
    await arrived(service, 1, 2, 3)


async def test_a_request_for_flow_control_that_is_not_our_consumers_is_not_answered(
    producer, follow, client
):
    """Else a service would say something wherever it is told to."""
    service = await follow()
    consumer = await of_service(client)
    trap = await client.subscribe("trap")
    asking = {"Status": "100", "Description": "FlowControl Request"}
    await client.publish(consumer.config.deliver_subject, reply="trap", headers=asking)
    await producer.tell(1)
    await arrived(service, 1)
    await client.publish("trap", b"the first")
    assert (await trap.next_msg(5)).data == b"the first"


async def test_a_place_beyond_what_the_stream_holds_makes_the_service_not_ready(
    producer, follow, client, monkeypatch
):
    monkeypatch.setattr("siko_core.follower.shortfall.FILLING_SECONDS", 0.3)
    monkeypatch.setattr("siko_core.follower.follower.REFILL_SECONDS", 0.05)
    await producer.tell(1, 2, 3)
    service = await follow()
    await arrived(service, 1, 2, 3)
    readiness = Readiness(service)
    readiness.client = client
    assert await readiness.failing() == {}
    await client.jetstream().delete_stream(SCHEDULER)
    await topology.apply(client)
    await producer.tell(1, 2)

    async def is_told() -> Any:
        return (await readiness.failing()).get("places")

    assert "stands at 3 of scheduler, whose stream ends at 2" in await until(is_told)
    await producer.tell(3, 4)
    await arrived(service, 1, 2, 3, 4)
    assert await readiness.failing() == {}


def test_a_stream_that_is_being_filled_is_waited_for_as_long_as_it_grows():
    began = time.monotonic()
    shortfall = Shortfall(100, 0, began)
    later = began + FILLING_SECONDS
    assert not shortfall.lasts(later - 1)
    assert shortfall.lasts(later + 1)
    growing = shortfall.at(1, later + 1)
    assert not growing.lasts(later + 2)
    assert growing.at(1, later + 2) == growing
    assert growing.lasts(later + 1 + FILLING_SECONDS + 1)


@pytest.mark.parametrize(
    ("subject", "headers"), [("{inbox}.1", {"Status": "100"}), ("siko.event.agenda.x.v1.1", None)]
)
async def test_a_relay_takes_nothing_for_an_acknowledgement_that_a_consumer_can_push(
    client, subject, headers
):
    """A heartbeat is empty; an event keeps its own subject, whose end is the id of an authority."""
    publisher = Publisher(client)
    message = Message(SUBJECT, body_of(1), headers_of(1, 0), 1)
    publishing = asyncio.create_task(publisher.publish(7, [message]))
    while publisher._settled is None:
        await asyncio.sleep(0)
    forged = Msg(client, subject.format(inbox=publisher._inbox), headers=headers)
    forged.data = b"" if headers else b"{}"
    await publisher._acknowledge(forged)
    with pytest.raises(OutOfFence):
        await publishing
