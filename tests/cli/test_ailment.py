"""A supervised program that lives and can no longer do its work is ended, and a new one started."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from siko import supervisor
from siko.supervisor import Program, Supervised

LIVES = [sys.executable, "-I", "-c", "import time; time.sleep(60)"]


async def test_a_program_that_ails_is_ended_and_a_new_one_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "AILMENT_SECONDS", 0.05)
    ailing: set[int] = set()
    reports: list[str] = []

    async def ailment() -> str | None:
        return "it cannot store" if supervised.pid in ailing else None

    async def no_hindrance() -> None:
        return None

    program = Program("example", LIVES, tmp_path / "log", no_hindrance, ailment=ailment)
    supervised = Supervised(program, reports.append, lambda: None)
    supervised.start()
    await supervised.ready()
    first = supervised.pid
    await asyncio.sleep(0.2)
    assert supervised.pid == first
    assert reports == []

    ailing.add(first or 0)
    deadline = time.monotonic() + 10
    while "example is ready again" not in reports:
        assert time.monotonic() < deadline, reports
        await asyncio.sleep(0.01)

    assert reports[0] == "example is ended, for only a new process can go on: it cannot store"
    assert supervised.pid != first
    supervised.kill()
    await supervised.stop()
