"""A backup that is older than the stream is restored, and outside subscribers end up with exactly what the service has."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nats
import pytest
from siko_contracts.messages import EPOCH
from siko_core.broker import topology

from tests.conftest import NatsServer

from .conftest import BIN, ask, register, serving, settings_of
from .subscribers import Subscriber

STREAM = "SIKO_SCHEDULER"


class Backup:
    """Databases and streams of one moment, while nothing runs."""

    def __init__(self, folder: Path, server: NatsServer) -> None:
        self.folder = folder
        self.server = server
        self.kept = folder / "backup"
        self.streams = server.folder / "jetstream"
        server.stop()
        self.kept.mkdir()
        for database in self.folder.glob("*.db"):
            shutil.copy(database, self.kept)
        shutil.copytree(self.streams, self.kept / "jetstream")
        server.start()

    def restore(self, *, streams: bool) -> None:
        """`streams`: those of the backup too, else none, to be filled anew."""
        self.server.stop()
        for left in self.folder.glob("*.db*"):
            left.unlink()
        for database in self.kept.glob("*.db"):
            shutil.copy(database, self.folder)
        shutil.rmtree(self.streams)
        if streams:
            shutil.copytree(self.kept / "jetstream", self.streams)
        self.server.start()
        asyncio.run(_apply(self.server.url))


@pytest.mark.parametrize("streams", [True, False], ids=["streams-of-the-backup", "streams-anew"])
def test_after_a_full_restore_a_subscriber_has_what_the_service_has_and_no_id_is_given_twice(
    stranger: Subscriber, broker: str, nats_server: NatsServer, tmp_path: Path, *, streams: bool
) -> None:
    """Twice, from the same backup."""
    kept = tmp_path / "events"
    told: dict[str, Any] = {}
    with stranger.following(broker, STREAM, kept):
        with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
            register(broker, tmp_path, "pp-koeln", "pp-bonn")
            stranger.wait_for(kept, "authority_registered.v1", "pp-bonn")
        backup = Backup(tmp_path, nats_server)
        rounds = [("pp-aachen", "pp-essen"), ("pp-hagen", "pp-hamm", "pp-bochum"), ("lr-wesel",)]
        for number, registered in enumerate(rounds):
            if number:
                backup.restore(streams=streams)
                assert recovered(broker, tmp_path)["recorded"]
            with serving("scheduler", BIN / "siko-scheduler", broker, tmp_path):
                register(broker, tmp_path, *registered)
                stranger.wait_for(kept, "authority_registered.v1", registered[-1])
                log = ask(broker, tmp_path, "siko.query.scheduler.log", {"limit": 1000})["items"]
            assert [(each.position, each.event_id) for each in stranger.taken(kept)] == [
                (item["position"], item["event_id"]) for item in log
            ]
            on_stream = asyncio.run(_messages(broker))
            again = told.keys() & on_stream.keys()
            assert [told[id_] for id_ in again] == [on_stream[id_] for id_ in again]
            told |= on_stream
            assert len({epoch for epoch, _ in told.values()}) == number + 1


def recovered(broker: str, folder: Path) -> Any:
    done = subprocess.run(
        [BIN / "siko-scheduler", "recover", "--restored", "--json"],
        cwd=folder,
        env=settings_of("scheduler", broker, folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def _apply(url: str) -> None:
    client = await nats.connect(url)
    await topology.apply(client)
    await client.close()


async def _messages(url: str) -> dict[str, tuple[str, bytes]]:
    """`ce-id` -> epoch and body, of all on the stream."""
    client = await nats.connect(url)
    jetstream = client.jetstream()
    last = (await jetstream.stream_info(STREAM)).state.last_seq
    held = [await jetstream.get_msg(STREAM, seq=number) for number in range(1, last + 1)]
    await client.close()
    return {m.headers["ce-id"]: (m.headers[EPOCH], m.data or b"") for m in held if m.headers}
