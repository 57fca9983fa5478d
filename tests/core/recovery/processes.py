"""A service as a process of its own, and `siko-<service> recover` beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.signing import judging

ROOT = Path(__file__).parents[3]
NOTES = ("-m", "tests.core.toy")
FOLLOWS = ("-c", "from tests.core.toy import following_service as s; s().main()")
READY_SECONDS = 20.0


class Process:
    """`siko-scheduler` with its own settings: the toy that writes notes, or another program in its place."""

    def __init__(
        self,
        folder: Path,
        nats_url: str,
        database_url: str,
        program: Sequence[str] = NOTES,
    ) -> None:
        self.program = program
        self.url = database_url
        self.file = Path(database_url.removeprefix("sqlite:///"))
        self.heard = folder / f"{self.file.stem}.heard"
        self.settings = {
            "SIKO_NATS_URL": nats_url,
            "SIKO_DATABASE_URL": database_url,
            "SIKO_KEYS_URL": f"sqlite:///{folder}/{self.file.stem}-keys.db",
            "SIKO_HTTP_PORT": "0",
            **judging(folder, self.file.stem),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        """Returns when it answers."""
        self.launch()
        self.until("ready_to_answer")
        return self

    def launch(self) -> "Process":
        with self.heard.open("wb") as heard:
            self.process = subprocess.Popen(
                self._command(), cwd=ROOT, env=self._environment(), stdout=heard, stderr=heard
            )
        return self

    def until(self, said: str) -> None:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while said not in self.heard.read_text():
            assert self.process.poll() is None, self.heard.read_text()
            assert time.monotonic() < deadline, self.heard.read_text()
            time.sleep(0.02)

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ended(self) -> tuple[int, str]:
        """Exit code and last line of one that ends by itself."""
        assert self.process is not None
        code = self.process.wait(READY_SECONDS)
        return code, self.heard.read_text().strip().splitlines()[-1]

    def stop(self) -> None:
        if self.process is not None and self.runs():
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)

    def recover(self, *arguments: str) -> dict[str, Any]:
        """What `siko-scheduler recover` says, as JSON."""
        done = self.recovery(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def recovery(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command(), "recover", *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _command(self) -> list[str]:
        return [sys.executable, *self.program]

    def _environment(self) -> Mapping[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SIKO_")}
        return inherited | self.settings
