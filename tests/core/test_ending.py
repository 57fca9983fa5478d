"""How a process ends: at once, with one line that no terminal obeys, and with a code that the documentation explains."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from siko_contracts import exit_codes

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
BLOCKED = (
    "import threading; from siko_core.ending import end_process;"
    " threading.Thread(target=threading.Event().wait).start();"
    " end_process({!r}, {!r})"
)


@pytest.mark.parametrize(
    ("message", "line"), [("no such file\x1b[2J", "no such file\\x1b[2J\n"), ("", "")]
)
def test_a_process_ends_at_once_whatever_its_threads_wait_for(message: str, line: str):
    program = BLOCKED.format(exit_codes.START_ANEW, message)
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (exit_codes.START_ANEW, line)


def test_every_exit_code_is_explained_once():
    codes = {value for name, value in vars(exit_codes).items() if name.isupper()}
    page = OPERATIONS.read_text("utf-8")
    (section,) = re.findall(r"^### Exit codes\n(.*?)^##", page, re.MULTILINE | re.DOTALL)
    rows = [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]
    assert rows == sorted(codes)
