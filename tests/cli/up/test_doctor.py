"""`siko doctor` beside a whole system: healthy when it is, and right about what is made to be wrong."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def paused(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def healthy(system: Any) -> bool:
    return bool(system.siko("doctor").returncode == 0)


def findings(system: Any) -> list[dict[str, str]]:
    done = system.siko("doctor", "--output", "json")
    assert done.returncode == 1, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)["findings"]
    return found


def test_a_system_that_runs_is_healthy(system: Any) -> None:
    system.until(lambda: healthy(system), 10)
    done = system.siko("doctor")
    first, *compared = done.stdout.splitlines()
    assert first == "healthy: nats, the streams, scheduler, invitations, agenda, reporting"
    assert [line.partition(":")[0] for line in compared] == ["scheduler", "invitations", "agenda"]


def test_a_service_that_hangs_is_named(system: Any) -> None:
    with paused(system.pids()["agenda"]):
        assert {each["where"] for each in findings(system)} == {"agenda"}
    system.until(lambda: healthy(system), 10)


def test_a_watch_that_hangs_is_named(system: Any) -> None:
    def told() -> bool:
        return "the process that keeps them" in system.siko("doctor").stdout

    with paused(system.pids()["topology"]):
        system.until(told, 10)
    system.until(lambda: healthy(system), 10)
