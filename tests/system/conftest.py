"""Wheels as they would be handed out, environments that hold nothing else, and a broker with siko's streams."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.errors import NoRespondersError
from siko_core.broker import topology

from tests.signing import SignedIn, judging

from .subscribers import Subscriber, in_javascript, in_python

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
STEP_SECONDS = 180
SERVING_SECONDS = 60


def uv(*arguments: str | Path, cwd: Path) -> str:
    """What uv said; it comes from the PATH or from where `make setup` puts it."""
    command = shutil.which("uv") or BIN.parent / "uv" / "bin" / "uv"
    done = subprocess.run(
        [command, *arguments],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Environment:
    """A virtual environment and what its Python says."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / "bin" / name

    def run(self, *code: str) -> str:
        done = subprocess.run(
            [self.path("python"), "-I", "-c", *code],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def importable(self, *modules: str) -> list[str]:
        code = "import importlib.util as u, sys; print(*filter(u.find_spec, sys.argv[1:]))"
        return self.run(code, *modules).split()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel of every package, built without the network."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in [*sorted(ROOT.glob("s*/*/pyproject.toml")), ROOT / "cli" / "pyproject.toml"]:
        source = shutil.copytree(project.parent, folder / "source" / project.parent.name)
        uv(
            *("build", "--wheel", "--quiet", "--offline", "--no-build-isolation", "--no-sources"),
            *("--python", sys.executable, "--out-dir", folder, source),
            cwd=folder,
        )
    return folder


@pytest.fixture(scope="session")
def environment(
    wheels: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Environment]:
    def made(lock: Path | None, *requirements: str) -> Environment:
        """Holds our wheels of these names, what the lock pins, and what else is named."""
        folder = tmp_path_factory.mktemp("environment")
        own = {wheel.name.split("-")[0]: wheel for wheel in wheels.glob("*.whl")}
        pinned = ["-r", lock] if lock else ["-c", ROOT / "requirements.lock"]
        uv("venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
        uv(
            *("pip", "install", "--quiet", "--python", folder / "venv" / "bin" / "python", *pinned),
            *(own.get(name.replace("-", "_"), name) for name in requirements),
            cwd=folder,
        )
        return Environment(folder / "venv")

    return made


@pytest.fixture(scope="module", params=["python", "javascript"])
def stranger(
    request: pytest.FixtureRequest,
    environment: Callable[..., Environment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Subscriber:
    """Each of the documented subscribers."""
    if request.param == "javascript":
        return in_javascript(tmp_path_factory.mktemp("javascript"))
    made = environment(None, "siko-contracts", "nats-py")
    assert made.importable("siko_core", "siko_scheduler", "nats") == ["nats"]
    return in_python(made.path("python"))


@pytest.fixture
def broker(nats_server: Any) -> str:
    """The address of a fresh NATS server that has the streams."""

    async def apply() -> None:
        client = await nats.connect(nats_server.url)
        await topology.apply(client)
        await client.close()

    asyncio.run(apply())
    return nats_server.url


def settings_of(service: str, broker: str, folder: Path, port: int = 0) -> dict[str, str]:
    """The environment of a service on the manual clock."""
    return {
        "PATH": os.environ["PATH"],
        "SIKO_NATS_URL": broker,
        "SIKO_CLOCK": "manual",
        **judging(folder, service),
        "SIKO_HTTP_PORT": str(port),
    }


@contextmanager
def serving(service: str, command: Path, broker: str, folder: Path) -> Iterator[subprocess.Popen]:
    """A service as a process on SQLite in this folder, on the manual clock."""
    log = folder / f"{service}.log"
    with log.open("wb") as opened, socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
        process = subprocess.Popen(
            [command],
            cwd=folder,
            env=settings_of(service, broker, folder, port),
            stdout=opened,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(15)


def ask(
    broker: str,
    folder: Path,
    subject: str,
    body: Mapping[str, Any],
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The answer of whoever serves this subject, once somebody does; asked with a token of this folder."""

    async def answer() -> dict[str, Any]:
        client = SignedIn(folder)
        await client.connect(broker)
        try:
            async with asyncio.timeout(SERVING_SECONDS):
                while True:
                    with suppress(NoRespondersError):
                        reply = await client.request(
                            subject, json.dumps(body).encode(), 5, headers=headers
                        )
                        answered = json.loads(reply.data)
                        if answered["ok"] or answered["error"]["code"] != "Unavailable":
                            return answered
                    await asyncio.sleep(0.05)
        finally:
            await client.close()

    return asyncio.run(answer())


def register(broker: str, folder: Path, *authority_ids: str) -> None:
    for authority_id in authority_ids:
        answer = ask(
            broker,
            folder,
            "siko.command.scheduler.register_authority",
            {
                "authority_id": authority_id,
                "name": authority_id,
                "kind": "polizeipraesidium",
                "district": "koeln",
                "valid_from": "2020-01-01",
            },
            {
                "Siko-Command-Id": str(uuid4()),
                "Siko-Now": "2025-01-01T09:00:00+01:00",
            },
        )
        assert answer["ok"], answer
