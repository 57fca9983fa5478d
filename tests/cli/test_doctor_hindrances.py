"""`siko doctor` tells a full disk and a login without rights as what they are."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from siko import broker
from siko.doctor.checks import of_disk
from siko.doctor.rights import of_rights

from tests.chaos import disk
from tests.core.waiting import until


@pytest.mark.skipif(disk.hindrance() is not None, reason=str(disk.hindrance()))
def test_a_full_disk_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    small = disk.SmallDisk(tmp_path / "nats", 8)
    try:
        assert of_disk(tmp_path) == []
        with small.full():
            (found,) = of_disk(tmp_path)
    finally:
        small.close()
    assert found.cause == f"the disk of {tmp_path / 'nats'} is full"
    assert "free space" in found.next_step


async def rights_of(server: Any, folder: Path, publish: list[str]) -> tuple[set[str], list[Any]]:
    """What `of_rights` finds at a broker whose one user may publish this."""
    user = {
        "user": "u",
        "password": "p",
        "permissions": {"publish": publish, "subscribe": "_INBOX_u.>"},
    }
    with (server.folder / "nats.conf").open("a") as configuration:
        configuration.write(f"authorization: {json.dumps({'users': [user]})}\n")
    server.process.send_signal(signal.SIGHUP)
    login = folder / "login"
    login.write_text("u:p\n")
    login.chmod(0o600)
    await until(lambda: "Reloaded: authorization" in (server.folder / "nats.log").read_text())
    refused: set[str] = set()
    async with broker.connected(server.url, login, refused) as client:
        return refused, await of_rights(client, refused, {})


async def test_a_login_without_a_right_is_told_as_that_and_not_as_silence(
    nats_server: Any, tmp_path: Path
) -> None:
    refused, (found,) = await rights_of(nats_server, tmp_path, ["siko.query.>"])
    assert refused == {"$js.api.stream.info.siko_scheduler"}
    assert found.cause == "its login may not inspect the streams"
    assert "SIKO_NATS_CREDENTIALS_FILE" in found.next_step


async def test_a_login_without_any_right_is_told_once(nats_server: Any, tmp_path: Path) -> None:
    _, (found,) = await rights_of(nats_server, tmp_path, ["$SYS.>"])
    assert found.cause == "its login may not inspect the streams and may not ask the services"


async def test_a_login_with_its_rights_is_no_finding(nats_server: Any, tmp_path: Path) -> None:
    assert await rights_of(nats_server, tmp_path, ["$JS.API.>", "siko.>"]) == (set(), [])
