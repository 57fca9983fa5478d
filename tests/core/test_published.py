"""A stream read by position: whatever numbers its messages have, and whatever else lies on it."""

import pytest
from siko_core.broker import topology
from siko_core.broker.published import Published, Reading, StreamReader

from tests.core.producing import Producer

POSITIONS = (1, 2, 5, 6, 9, 17, 40, 41)


@pytest.fixture
async def reader(client):
    return StreamReader(client, "scheduler")


def positions(reading: Reading) -> list[int]:
    return [event.position for event in reading.events]


async def test_a_stream_that_is_not_there_or_empty_has_nothing(client, reader):
    assert await reader.read(0, 10) == Reading()
    await client.jetstream().delete_stream("SIKO_SCHEDULER")
    assert await reader.read(0, 10) == Reading()


@pytest.mark.parametrize("after", [0, 1, 3, 6, 16, 17, 40, 41, 99])
async def test_it_is_read_behind_any_position(client, reader, after):
    await Producer(client).tell(*POSITIONS, previous=0)

    reading = await reader.read(after, 3)

    behind = [position for position in POSITIONS if position > after]
    assert positions(reading) == behind[:3]
    assert reading.is_end == (len(behind) <= 3)
    before = [0, *POSITIONS]
    assert [event.follows for event in reading.events] == [
        before[before.index(position) - 1] for position in positions(reading)
    ]


async def test_page_after_page_gives_every_event_once_with_all_that_it_carries(client, reader):
    await Producer(client).tell(*POSITIONS, previous=0)
    read: list[Published] = []
    while not (reading := await reader.read(read[-1].position if read else 0, 3)).is_end:
        read += reading.events
    read += reading.events
    assert [event.position for event in read] == list(POSITIONS)
    assert read[0].subject == "siko.event.scheduler.recorded.v1.pp-koeln"
    assert read[0].headers["ce-type"] == "recorded.v1"
    assert b'"event_id": "e1"' in read[0].body


async def test_a_stream_that_was_filled_anew_is_read_on_at_the_same_position(client, reader):
    await Producer(client).tell(*POSITIONS, previous=0)
    assert positions(await reader.read(0, 4)) == [1, 2, 5, 6]
    await client.jetstream().delete_stream("SIKO_SCHEDULER")
    await topology.apply(client)
    await Producer(client).tell(1, 6, 9, 17, previous=0)
    assert positions(await reader.read(6, 4)) == [9, 17]


async def test_what_is_no_event_or_out_of_order_is_told_apart(client, reader):
    producer = Producer(client)
    await producer.tell(1, 2, previous=0)
    await client.jetstream().publish("siko.event.scheduler.recorded.v1.nrw", b"")
    await producer.put(2, 1)
    await producer.tell(3)

    reading = await reader.read(0, 10)

    assert positions(reading) == [1, 2, 3]
    assert [(each.sequence, each.follows) for each in reading.foreign] == [(3, 2), (4, 2)]
    assert positions(await reader.read(2, 10)) == [3]


async def test_a_message_that_was_deleted_leaves_the_others(client, reader):
    await Producer(client).tell(*POSITIONS, previous=0)
    jetstream = client.jetstream()
    settings = (await jetstream.stream_info("SIKO_SCHEDULER")).config
    settings.name, settings.subjects = "OTHER", ["other.>"]
    settings.deny_delete = False
    await jetstream.add_stream(settings)
    messages = await reader.read(0, 100)
    for event in messages.events:
        await jetstream.publish("other.x", event.body, headers=event.headers)
    await jetstream.delete_msg("OTHER", 4)
    other = StreamReader(client, "scheduler")
    other._name = "OTHER"

    assert positions(await other.read(0, 100)) == [1, 2, 5, 9, 17, 40, 41]
    assert positions(await other.read(5, 3)) == [9, 17]
