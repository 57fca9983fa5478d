"""Whole systems: `siko up` on a fresh data folder, or the services on PostgreSQL, and the demo against them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.signing import signed_in

BIN = Path(sys.executable).parent
READY_SECONDS = 60
DEMO_SECONDS = 180


@dataclass
class System:
    """A running system that tests ask by the command line."""

    folder: Path

    @property
    def run(self) -> dict[str, Any]:
        return json.loads((self.folder / "run.json").read_text())

    def siko(
        self, *arguments: str, timeout: float = 60, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "siko", *arguments, "--data", str(self.folder)],
            env=os.environ | signed_in(self.folder, arguments) | settings,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def json(self, *arguments: str, timeout: float = 60) -> Any:
        done = self.siko(*arguments, "--output", "json", timeout=timeout)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def demo(self) -> list[dict[str, Any]]:
        return self.json("demo", "--year", "2025", timeout=DEMO_SECONDS)["compliance"]

    def replay(self, service: str) -> list[dict[str, Any]]:
        """The whole log; the command itself checks the chain and ends with 1 where it is broken."""
        done = self.siko("replay", service)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Played:
    system: System
    compliance: list[dict[str, Any]]


@contextmanager
def running(folder: Path, clock: str = "manual") -> Iterator[System]:
    """`siko up` on this folder, on free ports; ended in order."""
    log = (folder.parent / f"{folder.name}.log").open("w")
    up = subprocess.Popen(
        [BIN / "siko", "up", "--data", str(folder), "--port", "0"],
        env={k: v for k, v in os.environ.items() if k != "SIKO_CLOCK"}
        | ({"SIKO_CLOCK": clock} if clock else {}),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    system = System(folder)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not (folder / "run.json").exists():
            assert up.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < deadline, Path(log.name).read_text()
            time.sleep(0.05)
        yield system
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(30)
        log.close()


@pytest.fixture(scope="session")
def up() -> Callable[..., AbstractContextManager[System]]:
    """`with up(folder) as system:` a system of its own."""
    return running


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """A system on which the demo of 2025 has been played, and what it answered."""
    with running(tmp_path_factory.mktemp("played") / "data") as system:
        yield Played(system, system.demo())
