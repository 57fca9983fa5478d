"""A broker as `siko up` runs it, which knows its users and lets in guests, and services as single processes, as an operator would start them."""

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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nats
import psycopg
from nats.aio.client import Client as Connection
from siko import broker, broker_users, issuer
from siko.client import Client, connect
from siko.log_files import LogFile
from siko.roles import IMPORT
from siko_core.broker import connection, topology
from siko_core.broker.permissions import INSIDE

BIN = Path(sys.executable).parent
SERVICES = ("scheduler", "invitations", "agenda", "reporting")
STORES = ("", "_keys", "_access")
"""A service's databases."""
READY_SECONDS = 40.0
OVERSEER = "overseer"
"""A user of the broker that there is in tests only."""
LOGINS = {"replay": "auditor", "doctor": "operator"}
"""As whom commands connect to the broker; the others as door."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def apply_topology(
    url: str, credentials: Path, ca_file: Path | None = None
) -> list[topology.Difference]:
    """Make the streams on the broker at this address, once it has come up."""
    client = await connection.connect(
        url, "topology", credentials=credentials, ca_file=ca_file, patience=30
    )
    try:
        return await topology.apply(client)
    finally:
        await client.close()


class Deployment:
    """Started in a folder of its own; every service can be stopped, killed and started again."""

    def __init__(
        self,
        folder: Path,
        database_urls: Mapping[str, str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment`: further settings of every service."""
        self.folder = folder
        self.database_urls = database_urls
        self.environment = dict(environment or {})
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        port = free_port()
        self.nats_url = f"nats://127.0.0.1:{port}"
        configuration = broker.write_configuration(folder, port)
        _let_in_an_overseer(folder)
        log = LogFile(self.log_file("nats"))
        self.processes["nats"] = subprocess.Popen(
            [BIN / "nats-server", "-c", configuration], stdout=log.pipe, stderr=log.pipe
        )
        log.begin()
        asyncio.run(apply_topology(self.nats_url, self.login("topology")))
        issuer.make(folder)
        self.ports = {service: free_port() for service in SERVICES}
        for service in SERVICES:
            self.start(service)
        for service in SERVICES:
            self.wait_until_ready(service)

    @property
    def run(self) -> dict[str, Any]:
        """As `siko up` tells it in run.json."""
        return {
            "nats_url": self.nats_url,
            "services": {
                name: {"pid": self.processes[name].pid, "url": self.url(name)} for name in SERVICES
            },
        }

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def login(self, user: str) -> Path:
        """The credentials file of a user of the broker."""
        return broker_users.credentials_file(self.folder / broker_users.FOLDER, user)

    def log_file(self, service: str) -> Path:
        return self.folder / f"{service}.log"

    def settings(self, service: str) -> dict[str, str]:
        """The environment of its process."""
        own = {
            "SIKO_NATS_URL": self.nats_url,
            "SIKO_NATS_CREDENTIALS_FILE": str(self.login(service)),
            "SIKO_DATABASE_URL": self.database_urls[service],
            "SIKO_KEYS_URL": self.database_urls[f"{service}_keys"],
            "SIKO_ACCESS_LOG_URL": self.database_urls[f"{service}_access"],
            "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(self.folder)),
            "SIKO_HTTP_PORT": str(self.ports[service]),
            "SIKO_CLOCK": "manual",
        }
        return os.environ | own | self.environment

    def start(self, service: str) -> None:
        with self.log_file(service).open("ab") as log:
            self.processes[service] = subprocess.Popen(
                [BIN / f"siko-{service}"], env=self.settings(service), stdout=log, stderr=log
            )

    def recover(self, service: str) -> None:
        """Of a service that is stopped, after its database was restored."""
        subprocess.run([BIN / f"siko-{service}", "recover"], env=self.settings(service), check=True)

    def failing(self, service: str) -> dict[str, str] | None:
        """What /readyz says is failing: nothing where the service is ready, None where no page answers."""
        try:
            with urllib.request.urlopen(f"{self.url(service)}/readyz", timeout=3) as answer:
                page = answer.read()
        except urllib.error.HTTPError as error:
            page = error.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None
        failing: dict[str, str] = json.loads(page)["failing"]
        return failing

    def wait_until_ready(self, service: str) -> float:
        """Seconds that it took."""
        began = time.monotonic()
        while self.failing(service) != {}:
            log = self.log_file(service).read_text()
            assert self.processes[service].poll() is None, log
            assert time.monotonic() < began + READY_SECONDS, log
            time.sleep(0.05)
        return time.monotonic() - began

    def stop(self, service: str) -> int:
        return self._end(service, signal.SIGTERM)

    def kill(self, service: str) -> None:
        self._end(service, signal.SIGKILL)

    def _end(self, service: str, number: signal.Signals) -> int:
        process = self.processes.pop(service)
        process.send_signal(number)
        return process.wait(20)

    def siko(
        self, *arguments: str, timeout: float = 240, login: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "siko", *arguments],
            env=os.environ
            | {
                "SIKO_NATS_URL": self.nats_url,
                "SIKO_NATS_CREDENTIALS_FILE": str(
                    self.login(login or LOGINS.get(arguments[0], "door"))
                ),
                "SIKO_DATA": str(self.folder),
            },
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def demo(self, *options: str) -> list[dict[str, Any]]:
        done = self.siko("demo", "--year", "2025", "--output", "json", *options)
        assert done.returncode == 0, done.stderr
        compliance: list[dict[str, Any]] = json.loads(done.stdout)["compliance"]
        return compliance

    @asynccontextmanager
    async def overseeing(self) -> AsyncIterator[Connection]:
        """As nobody else is let in: inside, with the right to everything."""
        client = await nats.connect(self.nats_url, user=OVERSEER, password=OVERSEER)
        try:
            yield client
        finally:
            await client.close()

    async def ask(self, question: Callable[[Client], Awaitable[Any]]) -> Any:
        async with connect(self.nats_url, 20, self.folder, self.login("door")) as client:
            return await question(client.acting(IMPORT))


@contextmanager
def deployed(
    folder: Path, database_urls: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> Iterator[Deployment]:
    deployment = Deployment(folder, database_urls, environment)
    try:
        yield deployment
    finally:
        for name in [*(s for s in SERVICES if s in deployment.processes), "nats"]:
            deployment.stop(name)


def _let_in_an_overseer(folder: Path) -> None:
    """For tests that look at what the broker tells nobody."""
    users = folder / broker_users.FOLDER / "broker" / "users.conf"
    known = json.loads(users.read_text())
    everything = {"publish": [">"], "subscribe": [">"]}
    known["accounts"][INSIDE]["users"].append(
        {"user": OVERSEER, "password": OVERSEER, "permissions": everything}
    )
    users.write_text(json.dumps(known))


def databases(postgres: str, prefix: str) -> dict[str, str]:
    """New databases on a PostgreSQL: `scheduler`, `scheduler_keys`, `scheduler_access` and so on, with their addresses."""
    urls = {}
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in _names():
            connection.execute(f"CREATE DATABASE {prefix}_{name}")
            urls[name] = postgres.replace("/postgres?", f"/{prefix}_{name}?")
    return urls


def files(folder: Path) -> dict[str, str]:
    """The same on SQLite."""
    return {name: f"sqlite:///{folder}/{name}.db" for name in _names()}


def _names() -> list[str]:
    return [f"{service}{of}" for service in SERVICES for of in STORES]
