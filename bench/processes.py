"""Services as processes of their own, as in production: their entry points, settings and databases."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from siko import issuer

from bench.postgres import free_port

BIN = Path(sys.executable).parent
READY_SECONDS = 30.0
STOP_SECONDS = 15.0


@contextmanager
def services(
    nats_url: str, databases: Mapping[str, str], folder: Path, settings: Mapping[str, str] = {}
) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Run services until they are ready; yield service -> process. `databases`: service -> address.

    `settings` override those of the bench. Clients sign in with `Issuer(folder)`.
    """
    issuer.make(folder)
    with ExitStack() as stack:
        ports = {name: free_port() for name in databases}
        started = {
            name: stack.enter_context(
                _service(name, nats_url, url, ports[name], folder, settings=settings)
            )
            for name, url in databases.items()
        }
        for name, process in started.items():
            _wait_until_ready(name, process, ports[name], folder)
        yield started


@contextmanager
def _service(
    name: str,
    nats_url: str,
    database_url: str,
    port: int,
    folder: Path,
    *,
    settings: Mapping[str, str],
) -> "Iterator[subprocess.Popen[bytes]]":
    environment = os.environ | {
        "SIKO_NATS_URL": nats_url,
        "SIKO_DATABASE_URL": database_url,
        "SIKO_KEYS_URL": f"sqlite:///{folder}/{name}-keys.db",
        "SIKO_CLOCK": "manual",
        "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(folder)),
        "SIKO_ACCESS_LOG_URL": f"sqlite:///{folder}/{name}-access.db",
        "SIKO_HTTP_PORT": str(port),
        "MALLOC_ARENA_MAX": "2",  # as siko up and the image set it
        **settings,
    }
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [BIN / f"siko-{name}"], env=environment, stdout=log, stderr=log, cwd=folder
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(
    name: str, process: "subprocess.Popen[bytes]", port: int, folder: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
        except (URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                said = (folder / f"{name}.log").read_text()
                raise RuntimeError(f"siko-{name} is not ready: {said}") from None
            time.sleep(0.05)
        else:
            return
