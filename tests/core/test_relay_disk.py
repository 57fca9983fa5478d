"""A broker whose disk is full takes nothing, and says so to nobody: the relay says it."""

from collections.abc import Iterator

import nats
import pytest

from tests.chaos import disk
from tests.conftest import NatsServer
from tests.core.messages import SCHEDULER
from tests.core.toy import notes_service
from tests.core.waiting import until


@pytest.fixture
def nats_server(tmp_path) -> Iterator[NatsServer]:
    folder = tmp_path / "small"
    folder.mkdir()
    small = disk.SmallDisk(folder, 8)
    server = NatsServer(folder)
    server.disk = small
    yield server
    server.stop()
    small.close()


@pytest.fixture
def database_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.mark.skipif(disk.hindrance() is not None, reason=str(disk.hindrance()))
async def test_a_broker_that_stores_nothing_is_waited_for_and_filled_when_it_stores_again(
    serve, client, nats_server, capsys
):
    service = await serve(notes_service())

    async def write(number: int) -> None:
        place = "x" * 190
        for _ in range(number):
            await client.publish(
                "siko.command.scheduler.write_note", f'{{"place": "{place}"}}'.encode()
            )
        await client.flush()

    await write(10)
    await until(lambda: service.figures.relay.published == 10)
    with nats_server.disk.full():
        await write(300)
        said = ""

        def is_said() -> bool:
            nonlocal said
            said += capsys.readouterr().out
            return "relay_waits" in said

        await until(is_said, 30)
        fenced = service.figures.relay.fenced
    nats_server.restart()
    reader = await nats.connect(nats_server.url)

    async def is_filled() -> bool:
        return (await reader.jetstream().stream_info(SCHEDULER)).state.messages == 310

    await until(is_filled, 30)
    assert fenced < 50
    await reader.close()
