"""A real `siko up`: all its processes, in a folder of its own, on free ports."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.signing import signed_in

SIKO = Path(sys.executable).parent / "siko"
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("SIKO_") and name != "PYTHONDONTWRITEBYTECODE"  # it doubles the start
}


class System:
    """`siko up`; what it says on either stream is in the file `heard`."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], **environment: str) -> None:
        self.folder = folder
        self.heard = folder.with_suffix(".heard")
        with self.heard.open("wb") as heard:
            self.process = subprocess.Popen(
                [SIKO, "up", "--data", folder, "--port", "0", *arguments],
                env=ENVIRONMENT | environment,
                stdin=subprocess.DEVNULL,
                stdout=heard,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self) -> dict[str, Any]:
        running: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        return running

    def pids(self) -> dict[str, int]:
        running = self.run()
        services = {name: int(service["pid"]) for name, service in running["services"].items()}
        others = {"nats-server": int(running["nats_pid"]), "topology": int(running["topology_pid"])}
        return services | others

    def said(self) -> str:
        return self.heard.read_text()

    def siko(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _siko(*arguments, "--data", str(self.folder), **signed_in(self.folder, arguments))

    def until(self, what: Callable[[], object], seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Its exit code after this signal."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def end_if_it_runs(self) -> None:
        if self.process.poll() is None:
            self.end()


@contextmanager
def _running(folder: Path, *arguments: str, **environment: str) -> Iterator[System]:
    system = System(folder, arguments, **environment)
    try:
        system.until(lambda: "Ctrl-C stops everything" in system.said())
        yield system
    finally:
        system.end_if_it_runs()


def _siko(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SIKO, *arguments],
        check=False,
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def _lives(pid: int) -> bool:
    """The dead stay listed as zombies where nobody reaps them."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="session")
def running() -> Callable[..., AbstractContextManager[System]]:
    """A system in this folder that is ready and, with `--demo`, has played."""
    return _running


@pytest.fixture(scope="session")
def begun() -> type[System]:
    """A system that is being started."""
    return System


@pytest.fixture(scope="session")
def siko() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Any command to its end, with settings by keyword."""
    return _siko


@pytest.fixture(scope="session")
def lives() -> Callable[[int], bool]:
    return _lives


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One for all tests of a module that do not stop it."""
    with _running(tmp_path_factory.mktemp("system") / "data") as system:
        yield system
