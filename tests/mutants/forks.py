"""A function in a process of its own that has loaded nothing of ours yet, and what it says when it ends.

Python and the libraries are loaded once, before: a fork costs milliseconds, a new process a second.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

POLL_S = 0.02
TIMED_OUT = -1


def forked(work: Callable[[], int], said: Path, cpu_s: int, longest_s: float) -> int:
    """What `work` returns; TIMED_OUT if it needs more time. Whatever it prints goes into `said`.

    The limit that counts is of processor time: how busy the machine is changes nothing. `longest_s` ends what waits for ever.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _child(work, said, cpu_s)
    ended, status = os.waitpid(pid, os.WNOHANG)
    waited = 0.0
    while (
        not ended and waited < longest_s
    ):  # while this process itself is stopped, no time is counted
        time.sleep(POLL_S)
        waited += POLL_S
        ended, status = os.waitpid(pid, os.WNOHANG)
    _end_group(pid)
    if not ended:
        os.waitpid(pid, 0)
        return TIMED_OUT
    code = os.waitstatus_to_exitcode(status)
    return TIMED_OUT if code == -signal.SIGXCPU else code


def _child(work: Callable[[], int], said: Path, cpu_s: int) -> None:
    """Never returns."""
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
        with said.open("wb") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _end_group(pid: int) -> None:
    """It and what it started: servers of a test that was ended."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
