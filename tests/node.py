"""JavaScript programs of the tests, run by the machine's node with the packages of `tests/javascript`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "javascript"
SECONDS = 120


def node() -> str:
    """Return the path of node. Skips the test if the machine has none; in CI that is a failure."""
    if path := shutil.which("node"):
        assert (FOLDER / "node_modules").is_dir(), "its packages are missing: make javascript"
        return path
    assert not os.environ.get("CI"), "node is missing: .ci/run installs it"
    pytest.skip("no node on this machine: apt-get install nodejs npm, then make javascript")


def run_node(program: str, given: str) -> str:
    """Run a program of the folder with this standard input; return what it prints."""
    done = subprocess.run(
        [node(), program], cwd=FOLDER, input=given, capture_output=True, text=True, timeout=SECONDS, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
