"""A service and its login: refused, wrong, taken away and given back."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from siko import broker_users
from siko_core.broker import topology

from .brokers import Broker, deployed, local, without_users
from .conftest import BIN

SECONDS = 20


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with deployed(tmp_path) as made:
        asyncio.run(made.apply())
        yield made


async def _one_event(url: str) -> None:
    client = await nats.connect(url)
    await topology.apply(client)
    await client.jetstream().publish("siko.event.agenda.recorded.v1.nrw", b"1")
    await client.close()


async def _stored(broker: Broker) -> tuple[int, list[Any]]:
    async with broker.connected("topology") as connection:
        info = await connection.client.jetstream().stream_info("SIKO_AGENDA")
        return info.state.messages, await topology.plan(connection.client)


def test_streams_that_were_made_before_there_were_users_are_taken_over(tmp_path: Path) -> None:
    with without_users(tmp_path) as url:
        asyncio.run(_one_event(url))
    for _ in range(2):
        with local(tmp_path) as broker:
            assert asyncio.run(_stored(broker)) == (1, [])


class Reporting:
    """`siko-reporting` as a process, with this file as its credentials."""

    def __init__(self, broker: Broker, folder: Path, credentials: Path) -> None:
        self.log = folder / "reporting.log"
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        self.page = f"http://127.0.0.1:{port}/readyz"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [BIN / "siko-reporting"],
                cwd=folder,
                env={
                    "PATH": os.environ["PATH"],
                    "SIKO_NATS_URL": broker.url,
                    "SIKO_NATS_CREDENTIALS_FILE": str(credentials),
                    "SIKO_AUTH": "off",
                    "SIKO_HTTP_PORT": str(port),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def failing(self) -> dict[str, str] | None:
        """What /readyz says; None where nobody answers."""
        try:
            with urllib.request.urlopen(self.page, timeout=5) as page:
                return json.load(page)["failing"]
        except urllib.error.HTTPError as error:
            return json.load(error)["failing"]
        except OSError:
            return None

    def until(self, holds: Callable[[dict[str, str] | None], object]) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds(self.failing()):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)


@contextmanager
def reporting(broker: Broker, folder: Path, credentials: Path) -> Iterator[Reporting]:
    service = Reporting(broker, folder, credentials)
    try:
        yield service
    finally:
        service.process.terminate()
        service.process.wait(15)


def test_a_service_with_anothers_login_is_not_ready_and_says_why(
    broker: Broker, tmp_path: Path
) -> None:
    credentials = broker_users.credentials_file(broker.logins, "door")
    with reporting(broker, tmp_path, credentials) as service:
        service.until(lambda failing: failing and "may not listen to" in failing.get("nats", ""))
        said = service.log.read_text()
        assert "siko.query.reporting.compliance" in said
        assert "nats_not_permitted" in said
        assert "ready_to_answer" not in said


@pytest.mark.parametrize("held", ["reporting:guessed", "reporting", "", None])
def test_a_service_without_a_good_login_ends_and_names_it(
    broker: Broker, tmp_path: Path, held: str | None
) -> None:
    file = tmp_path / "credentials"
    if held is not None:
        file.write_text(held)
    with reporting(broker, tmp_path, file) as service:
        exit_code = service.process.wait(SECONDS)
        said = service.log.read_text()
    assert "SIKO_NATS_CREDENTIALS_FILE" in said
    assert "guessed" not in said
    assert exit_code == (3 if held == "reporting:guessed" else 2)


def test_rights_that_are_taken_away_are_noticed_and_used_again_when_they_are_back(
    broker: Broker, tmp_path: Path
) -> None:
    users = broker.logins / "broker" / "users.conf"
    whole = users.read_text()
    credentials = broker_users.credentials_file(broker.logins, "reporting")
    with reporting(broker, tmp_path, credentials) as service:
        service.until(lambda failing: failing == {})
        users.write_text(whole.replace("siko.query.reporting.* reporting", "nothing"))
        os.kill(broker.pid, signal.SIGHUP)
        service.until(lambda failing: failing and "siko.query.reporting" in failing.get("nats", ""))
        users.write_text(whole)
        os.kill(broker.pid, signal.SIGHUP)
        service.until(lambda failing: failing == {})
        assert service.process.poll() is None
