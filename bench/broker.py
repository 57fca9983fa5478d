"""A temporary nats-server with siko's settings: every message is on disk before it is acknowledged."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER = Path(sys.executable).with_name("nats-server")
READY_SECONDS = 10.0


@contextmanager
def broker() -> Iterator[str]:
    """Start the server; yield its address."""
    with tempfile.TemporaryDirectory(prefix="siko-bench-nats-") as name:
        folder = Path(name)
        configuration = folder / "nats.conf"
        configuration.write_text(
            "listen: '127.0.0.1:-1'\n"
            f"ports_file_dir: {json.dumps(name)}\n"
            "max_payload: 8MB\n"
            f"jetstream {{ store_dir: {json.dumps(name)}, sync_interval: always }}\n"
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([SERVER, "-c", configuration], stdout=log, stderr=log)
        try:
            yield _address(server, folder)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(READY_SECONDS)


def _address(server: "subprocess.Popen[bytes]", folder: Path) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while not (port_files := [file for file in folder.glob("*.ports") if file.stat().st_size]):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.01)
    return str(json.loads(port_files[0].read_text())["nats"][0])
