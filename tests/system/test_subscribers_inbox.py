"""The documented subscriber believes only what its own consumer takes from the stream that it follows."""

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig
from siko_core.broker import topology

from tests.conftest import NatsServer
from tests.core.producing import Producer, body_of, headers_of
from tests.core.waiting import until

from .conftest import ROOT

STREAM, FORGED = "SIKO_SCHEDULER", "SIKO_AGENDA"
SECONDS = 10


@pytest.fixture(scope="module")
def example() -> Any:
    spec = importlib.util.spec_from_file_location("e", ROOT / "docs/examples/subscriber.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def inbox_of_next_request(client: Client) -> str:
    """Where messages are asked to; a guest hears it when a request ends without any."""
    asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def note(message: Msg) -> None:
        if not asked.done():
            asked.set_result(message.reply)

    listening = await client.subscribe("$JS.API.CONSUMER.MSG.NEXT.>", cb=note)
    async with asyncio.timeout(SECONDS):
        inbox = await asked
    await listening.unsubscribe()
    return inbox


async def test_what_others_let_the_broker_deliver_at_its_inbox_does_not_count(
    nats_server: NatsServer, tmp_path: Path, example: Any
) -> None:
    client = await nats.connect(nats_server.url)
    jetstream = client.jetstream()
    await topology.apply(client)
    await Producer(client).tell(1, 2)
    for position in (3, 4):
        await jetstream.publish(
            "siko.event.agenda.forged",
            body_of(position),
            headers=headers_of(position, position - 1),
        )
    finding = asyncio.create_task(inbox_of_next_request(client))
    await client.flush()
    database = str(tmp_path / "events.db")
    following = asyncio.create_task(example.follow(nats_server.url, STREAM, database))
    config = ConsumerConfig(deliver_subject=await finding, ack_policy=AckPolicy.NONE)
    forger = await jetstream.add_consumer(FORGED, config)

    async def are_delivered() -> bool:
        info = await jetstream.consumer_info(FORGED, forger.name)
        return info.delivered is not None and info.delivered.consumer_seq == 2

    def taken() -> list[tuple[int, str]]:
        place = example.Place(database, STREAM)
        found: list[tuple[int, str]] = place.database.execute(
            "SELECT position, event_id FROM events"
        ).fetchall()
        return found

    await until(are_delivered)
    await Producer(client).put(3, 2, body_of(9))
    await until(lambda: len(taken()) > 2)
    assert taken() == [(1, "e1"), (2, "e2"), (3, "e9")]
    following.cancel()
    await client.close()
