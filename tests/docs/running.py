"""Runs the shell blocks of the documentation against a system with the demo, each in the shell that its page would have."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import ROOT, Block

BIN = Path(sys.executable).parent
BLOCK_SECONDS = 120
DATA = "siko-data"
PORTS = re.compile(r"127\.0\.0\.1:(840[1-5])\b")
"""The addresses of `siko up` with its default ports."""


@dataclass
class Shell:
    """A folder that looks like a checkout beside the data folder of a running system."""

    folder: Path
    ports: dict[str, str]

    @classmethod
    def beside(cls, data: Path, folder: Path) -> "Shell":
        """`data`: the folder of a running system; it is reached as `siko-data`."""
        run = json.loads((data / "run.json").read_text())
        urls = [run["nats_url"], *(service["url"] for service in run["services"].values())]
        ports = {str(8401 + number): url.rpartition(":")[2] for number, url in enumerate(urls)}
        for entry in subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines():  # fmt: skip
            target = folder / entry
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / entry).is_file():
                shutil.copy(ROOT / entry, target)
        (folder / DATA).symlink_to(data)
        return cls(folder, ports)

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """The block as one bash script that ends at the first command that fails; output and errors together."""
        script = PORTS.sub(lambda found: f"127.0.0.1:{self.ports[found[1]]}", block.text)
        with subprocess.Popen(
            ["bash", "-eu", "-c", script],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("SIKO_")}
            | {"PATH": f"{BIN}:{os.environ['PATH']}", "SIKO_DATA": DATA},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=BLOCK_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # bash, and what it has started
                raise
        return subprocess.CompletedProcess(script, process.returncode, output)
