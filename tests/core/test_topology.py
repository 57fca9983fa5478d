"""The streams are in one place: drift fails readiness, and one process puts it right."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest
from nats.js.api import StorageType, StreamConfig
from nats.js.errors import NotFoundError
from siko_core.broker import topology
from siko_core.process.readiness import Readiness

from tests.core.toy import notes_service
from tests.core.waiting import until

SCHEDULER, AGENDA = "SIKO_SCHEDULER", "SIKO_AGENDA"


@pytest.fixture
def database_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[list[int]]:
    """`siko topology apply --watch`; the list grows each time that it sees the streams right."""
    seen: list[int] = []
    task = asyncio.create_task(topology.watch(url, seen=lambda: seen.append(len(seen))))
    yield seen
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def watched(nats_server) -> AsyncIterator[list[int]]:
    async with watching(nats_server.url) as seen:
        await until(lambda: seen)
        yield seen


async def ready(service, client) -> dict[str, str]:
    readiness = Readiness(service)
    readiness.client = client
    return await readiness.failing()


async def test_a_stream_with_a_field_that_has_drifted_fails_readiness_with_the_cure(serve, client):
    service = await serve(notes_service())
    assert await ready(service, client) == {}
    drifted = (await client.jetstream().stream_info(SCHEDULER)).config
    drifted.max_age = 3600
    await client.jetstream().update_stream(drifted)

    failing = await ready(service, client)

    assert set(failing) == {"topology"}
    assert "SIKO_SCHEDULER: max_age is 3600.0, wanted 0" in failing["topology"]
    assert "run `siko topology apply`" in failing["topology"]
    await topology.apply(client)
    assert await ready(service, client) == {}


async def test_a_stream_that_is_not_there_fails_readiness_where_it_is_needed(serve, client):
    own, following = await serve(notes_service()), notes_service(follows=("agenda",))
    await client.jetstream().delete_stream(AGENDA)
    assert await ready(own, client) == {}
    following.check_store = lambda: None
    following.written = dict
    following.guard = own.guard
    assert "SIKO_AGENDA: stream is missing" in (await ready(following, client))["topology"]


async def test_a_service_that_is_not_connected_yet_is_not_ready(serve):
    assert await ready(await serve(notes_service()), None) == {"nats": "not connected yet"}


async def test_a_database_that_hangs_is_asked_once_and_makes_the_service_not_ready(serve, client):
    service = await serve(notes_service())
    asked, answer = [], asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang() -> None:
        asked.append(1)
        asyncio.run_coroutine_threadsafe(answer.wait(), loop).result()

    service.check_store = hang
    readiness = Readiness(service)
    readiness.client = client
    assert "store" in (await asyncio.gather(readiness.failing(), readiness.failing()))[0]
    assert len(asked) == 1
    answer.set()
    await until(readiness._asked["reading"].done)
    assert await readiness.failing() == {}


async def test_a_wiped_stream_is_made_again_by_the_watch_and_filled_again_by_the_relay(
    serve, client, watched
):
    await serve(notes_service())
    for number in range(5):
        note = json.dumps({"id": f"n{number}"}).encode()
        await client.request("siko.command.scheduler.write_note", note, timeout=5)
    await until(lambda: _holds(client, SCHEDULER, 5))

    await client.jetstream().delete_stream(SCHEDULER)

    await until(lambda: _holds(client, SCHEDULER, 0), 3)
    await until(lambda: _holds(client, SCHEDULER, 5))


async def test_a_field_that_drifts_is_set_again_by_the_watch(client, watched):
    drifted = (await client.jetstream().stream_info(AGENDA)).config
    drifted.max_age = 3600
    await client.jetstream().update_stream(drifted)

    async def is_right() -> bool:
        return await topology.plan(client) == []

    await until(is_right, 3)


async def test_the_watch_outlives_a_broker_that_comes_back_without_its_streams(
    nats_server, client, watched
):
    nats_server.kill()
    shutil.rmtree(nats_server.folder / "jetstream")
    nats_server.start()
    reader = await nats.connect(nats_server.url)
    await until(lambda: _holds(reader, SCHEDULER, 0), 10)
    before = len(watched)
    await until(lambda: len(watched) > before)
    await reader.close()


async def test_a_stream_that_cannot_be_set_right_hinders_no_other(nats_server, client):
    """Where a stream is stored cannot be changed: it stays as it is, and that is not right."""
    for name in (SCHEDULER, AGENDA):
        await client.jetstream().delete_stream(name)
    in_memory = StreamConfig(
        name=SCHEDULER, subjects=["siko.event.scheduler.>"], storage=StorageType.MEMORY
    )
    await client.jetstream().add_stream(in_memory)

    async with watching(nats_server.url) as seen:
        await until(lambda: _holds(client, AGENDA, 0), 5)

    assert seen == []
    assert next(each.field for each in await topology.plan(client)) == "storage"


async def _holds(client, stream: str, number: int) -> bool:
    """So many messages; 0: the stream is there."""
    try:
        state = (await client.jetstream().stream_info(stream)).state
    except NotFoundError:
        return False
    return state.messages >= number
