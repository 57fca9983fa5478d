"""A data folder remembers the clock that it was begun under."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_folder_of_the_demo_is_started_again_without_saying_manual(up, tmp_path):
    with up(tmp_path / "data"):
        pass
    with up(tmp_path / "data", clock="") as system:
        answer = system.json("query", "reporting", "conferences")
        assert answer["ok"]
        done = system.siko("send", "scheduler", "advance_clock", "as_of=2025-01-01T00:00:00+01:00")
        assert done.returncode == 0, done.stderr


def test_a_folder_of_the_demo_is_refused_under_the_system_clock_in_one_line(up, tmp_path):
    with up(tmp_path / "data"):
        pass
    done = subprocess.run(
        [Path(sys.executable).parent / "siko", "up", "--data", tmp_path / "data", "--port", "0"],
        env=os.environ | {"SIKO_CLOCK": "system"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "SIKO_CLOCK=manual" in done.stderr
    assert "Traceback" not in done.stderr
