"""The real system that is disturbed: PostgreSQL, nats-server, two replicas of every service, topology watched."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from siko import issuer
from siko_contracts.messages import PRODUCERS

from tests.chaos import clock, disk, door, network
from tests.chaos.broker import Broker
from tests.chaos.database import Cluster
from tests.chaos.processes import Kept, Program, until

BIN = Path(sys.executable).parent
SERVICES = (*PRODUCERS, "reporting")
READY_SECONDS = 60.0
STORES = ("", "_keys", "_access")
"""A service's databases."""
SMALL_DISK_MB = {"nats": 96, "postgres": 384}


@dataclass(frozen=True)
class Plan:
    """What the system is made of; what a fault kind needs and the host cannot give is left out."""

    replicas: int = 2
    clock: Literal["manual", "system"] = "manual"
    links: bool = False
    """The last replica of every service runs on a host of its own whose link can be cut."""
    small_disk: Literal["nats", "postgres"] | None = None
    services: tuple[str, ...] = SERVICES
    door: bool = False
    """The first scheduler can be asked beside the bus."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of all replicas, beside the settings."""
    first_sequence: int = 0
    """Of the scheduler's stream as it is made first, as after a move from another server; made again it begins at 1."""


@dataclass
class Replica:
    service: str
    kept: Kept
    port: int
    namespace: str | None = None
    own_clock: clock.SteppedClock | None = None

    async def ready(self) -> bool:
        return await asyncio.to_thread(self._ready)

    def _ready(self) -> bool:
        try:
            with self._connect() as connection:
                connection.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
                return connection.recv(64).split()[1:2] == [b"200"]
        except OSError:
            return False

    def _connect(self) -> socket.socket:
        if self.namespace:
            made = network.connect_within(self.namespace, self.port)
        else:
            made = socket.create_connection(("127.0.0.1", self.port), timeout=2)
        made.settimeout(8)
        return made


class System:
    """Started on a folder of its own; `stop` leaves nothing behind but the logs in it."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self.disk: disk.SmallDisk | None = None
        self.network = network.Network() if plan.links else None
        self.replicas: list[Replica] = []
        self.door = free_port()
        folder.chmod(0o755)
        issuer.make(folder)
        self.issuer = issuer.Issuer(folder)
        host = self.network.host if self.network else "127.0.0.1"
        for name in ("nats", "postgres"):
            (folder / name).mkdir()
            if plan.small_disk == name:
                self.disk = disk.SmallDisk(folder / name, SMALL_DISK_MB[name])
        self.broker = Broker(folder / "nats", host, free_port(host), free_port(), self._log("nats"))
        self.cluster = Cluster(folder / "postgres", host, free_port(host), self._log("postgres"))
        watch: list[str | Path] = [BIN / "siko", "topology", "apply", "--watch"]
        environment = {**_inherited(), "SIKO_NATS_URL": self.broker.url}
        self.topology = Kept(Program("topology", watch, self._log("topology"), environment))

    @property
    def programs(self) -> list[Kept]:
        """All that can be hit."""
        replicas = (replica.kept for replica in self.replicas)
        return [self.cluster.kept, self.broker.kept, self.topology, *replicas]

    async def start(self) -> None:
        """Returns when every replica is ready."""
        databases = [f"{service}{of}" for service in self.plan.services for of in STORES]
        await asyncio.gather(self.cluster.start(databases), self.broker.start())
        if self.plan.first_sequence:
            await self.broker.begin_stream("scheduler", self.plan.first_sequence)
        self.topology.start()
        self.replicas = [
            self._replica(service, number)
            for number in range(1, self.plan.replicas + 1)
            for service in self.plan.services
        ]
        for replica in self.replicas:
            replica.kept.start()
        await until(self.ready, READY_SECONDS, "all replicas are ready", pause=0.2)

    async def ready(self) -> bool:
        return all(await asyncio.gather(*(replica.ready() for replica in self.replicas)))

    async def stop(self) -> None:
        above = [self.topology, *(replica.kept for replica in self.replicas)]
        await asyncio.gather(*(kept.stop() for kept in above))
        await asyncio.gather(self.cluster.kept.stop(), self.broker.kept.stop())
        if self.disk:
            self.disk.close()
        if self.network:
            self.network.close()

    def _replica(self, service: str, number: int) -> Replica:
        name = f"{service}-{number}"
        port = free_port()
        environment = {
            **_inherited(),
            "SIKO_NATS_URL": self.broker.url,
            "SIKO_DATABASE_URL": self.cluster.url(service),
            "SIKO_KEYS_URL": self.cluster.url(f"{service}_keys"),
            "SIKO_HTTP_PORT": str(port),
            "SIKO_CLOCK": self.plan.clock,
            "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(self.folder)),
            "SIKO_ACCESS_LOG_URL": self.cluster.url(f"{service}_access"),
            **self.plan.environment,
        }
        own_clock = None
        if clock.hindrance() is None:
            own_clock = clock.SteppedClock(self.folder / f"{name}.clock")
            environment |= own_clock.environment(self._clock_library())
        command: list[str | Path] = [BIN / f"siko-{service}"]
        if self.plan.door and name == "scheduler-1":
            command = [sys.executable, door.__file__, str(self.door)]
        namespace = None
        if self.network and number == self.plan.replicas:
            namespace = self.network.join()
            command[:0] = [str(shutil.which("ip")), "netns", "exec", namespace]
        kept = Kept(Program(name, command, self._log(name), environment))
        return Replica(service, kept, port, namespace, own_clock)

    def _clock_library(self) -> Path:
        made = self.folder / "clockshift.so"
        return made if made.exists() else clock.library(self.folder)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SIKO_")}


def free_port(host: str = "127.0.0.1") -> int:
    with socket.create_server((host, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
