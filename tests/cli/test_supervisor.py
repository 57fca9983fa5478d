"""A supervised program is kept running, and ends only when it is told to."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from siko import log_files, supervisor
from siko.output import Failure
from siko.supervisor import Program, Supervised, executable

ENDS_ON_SIGTERM = "import time; print('begun', flush=True); time.sleep(60)"
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('begun', flush=True); time.sleep(60)"
)


class Watched(Supervised):
    """With what it reported and which processes it had."""

    def __init__(self, log: Path, source: str, hindrance: Callable[[], str | None]) -> None:
        self.reports: list[str] = []
        self.pids: list[int] = []
        self.log = log

        async def ask() -> str | None:
            return hindrance()

        program = Program("example", [sys.executable, "-I", "-c", source], log, ask)
        super().__init__(program, self.reports.append, lambda: self.pids.append(self.pid or 0))

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


class Watch:
    """Makes supervised programs that are gone when the test is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Watched] = []

    def __call__(self, source: str, hindrance: Callable[[], str | None] = lambda: None) -> Watched:
        log = self._folder / f"{len(self.made)}.log"
        self.made.append(Watched(log, source, hindrance))
        self.made[-1].start()
        return self.made[-1]


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    watch = Watch(tmp_path)
    yield watch
    for one in watch.made:
        one.kill()
        await one.stop()


async def until(what: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.01)


def lives(pid: int) -> bool:
    """The dead stay listed as zombies where nobody reaps them."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def delays(reports: list[str]) -> list[str]:
    return [
        found[1] for report in reports if (found := re.search(r"restarted in ([\d.]+) s", report))
    ]


async def test_a_killed_program_is_shown_restarted_and_ready_again(watch: Watch) -> None:
    program = watch(ENDS_ON_SIGTERM)
    await program.ready()
    first = program.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    await until(lambda: "example is ready again" in program.reports)

    assert program.reports[0] == "example was ended by signal 9 (Killed); restarted in 0.2 s"
    assert program.pids == [first, program.pid]
    assert not lives(first)


async def test_the_delay_of_the_restart_doubles_up_to_its_limit(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "MOST_DELAY", 0.5)
    program = watch("raise SystemExit(1)", lambda: "not ready")

    await until(lambda: len(program.reports) >= 4)

    assert delays(program.reports)[:4] == ["0.2", "0.4", "0.5", "0.5"]


async def test_the_delay_begins_anew_when_the_program_has_lived_long_enough(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "ALIVE_SECONDS", 0.0)
    program = watch("raise SystemExit(1)", lambda: "not ready")

    await until(lambda: len(program.reports) >= 3)

    assert delays(program.reports)[:3] == ["0.2", "0.2", "0.2"]


async def test_what_it_said_last_is_shown_when_it_fails(watch: Watch) -> None:
    program = watch("raise SystemExit('the store is full')")

    await until(lambda: program.reports)

    assert program.reports[0].startswith("example ended with exit code 1 (the store is full)")


async def test_what_an_earlier_life_said_is_not_shown(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "0.log").write_text("of yesterday\n")
    program = watch("raise SystemExit(1)")

    await until(lambda: program.reports)

    assert "of yesterday" not in program.reports[0]
    assert program.said().startswith("of yesterday\n")


async def test_what_it_said_last_is_shown_also_where_it_had_said_too_much(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "MINUTE_BYTES", 1000)
    program = watch("print('x\\n' * 9000); raise SystemExit('the store is full')")

    await until(lambda: program.reports)

    assert program.reports[0].startswith("example ended with exit code 1 (the store is full)")


@pytest.mark.parametrize("exit_code", [2, 3])
async def test_a_program_that_says_it_cannot_start_is_not_started_again(
    watch: Watch, exit_code: int
) -> None:
    program = watch(
        f"print('the broker is away', flush=True); raise SystemExit({exit_code})",
        lambda: "not ready",
    )

    with pytest.raises(Failure, match="the broker is away") as failed:
        await program.ready()

    assert failed.value.exit_code == exit_code
    await program.stop()
    assert len(program.pids) == 1


async def test_the_same_end_after_it_was_ready_once_is_no_reason_to_give_up(watch: Watch) -> None:
    program = watch("import time; time.sleep(0.3); raise SystemExit(3)")
    await program.ready()

    await until(lambda: len(program.pids) == 2)


async def test_it_is_ready_when_nothing_hinders_it_any_more(watch: Watch) -> None:
    hindrances: list[str | None] = ["no answer", "streams are missing", None]
    asked: list[str | None] = []

    def hindrance() -> str | None:
        asked.append(hindrances[len(asked)])
        return asked[-1]

    program = watch(ENDS_ON_SIGTERM, hindrance)
    await program.ready()

    assert asked == hindrances
    assert program.hindrance is None


async def test_a_question_that_fails_is_a_hindrance_and_asked_again(watch: Watch) -> None:
    shown: list[str | None] = []

    def hindrance() -> str | None:
        shown.append(program.hindrance)
        if len(shown) == 1:
            raise ValueError("no JSON")
        return None

    program = watch(ENDS_ON_SIGTERM, hindrance)
    await program.ready()

    assert shown == ["not started", "ValueError: no JSON"]


async def test_a_stop_lets_the_program_end_by_itself(watch: Watch) -> None:
    program = watch(
        "import signal, sys, time\n"
        "def end(*_):\n    print('put away', flush=True)\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)"
    )
    await until(lambda: "begun" in program.said())

    await program.stop()

    assert program.said() == "begun\nput away\n"
    assert program.reports == []
    assert not lives(program.pids[0])


async def test_a_program_that_does_not_end_in_time_is_killed(watch: Watch) -> None:
    program = watch(IGNORES_SIGTERM)
    await until(lambda: "begun" in program.said())

    await program.stop(grace=0.2)

    assert program.reports == ["example has not ended within 0.2 s and is killed"]
    assert not lives(program.pids[0])


async def test_a_stop_while_it_waits_for_its_restart_starts_nothing(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 5.0)
    program = watch("raise SystemExit(1)")
    await until(lambda: program.reports)

    began = time.monotonic()
    await program.stop()

    assert time.monotonic() - began < 1
    assert len(program.pids) == 1


async def test_the_terminals_ctrl_c_does_not_reach_the_program(watch: Watch) -> None:
    program = watch(ENDS_ON_SIGTERM)
    await program.ready()

    assert os.getpgid(program.pids[0]) != os.getpgrp()


async def test_a_program_whose_file_is_away_is_started_when_it_is_back(tmp_path: Path) -> None:
    reports: list[str] = []
    file = tmp_path / "program"

    async def ready() -> None:
        return None

    program = Supervised(
        Program("example", [file], tmp_path / "log", ready), reports.append, lambda: None
    )
    program.start()
    await until(lambda: reports)
    assert reports[0].startswith("example cannot be started")

    fresh = tmp_path / "fresh"
    fresh.write_text("#!/bin/sh\nexec sleep 60\n")
    fresh.chmod(0o700)
    fresh.rename(file)

    async with asyncio.timeout(10):
        await program.ready()
    await program.stop()


@pytest.mark.skipif(
    sys.platform != "linux", reason="Linux alone tells a child that its parent died"
)
async def test_a_program_does_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    log = tmp_path / "log"
    source = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from siko.supervisor import Program, Supervised\n"
        "async def ready(): return None\n"
        "async def main():\n"
        f"    command = [sys.executable, '-I', '-c', {IGNORES_SIGTERM!r}]\n"
        f"    program = Program('example', command, Path({str(log)!r}), ready)\n"
        "    one = Supervised(program, print, lambda: print(one.pid, flush=True))\n"
        "    one.start()\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    await until(lambda: log.exists() and "begun" in log.read_text())

    parent.kill()
    await parent.wait()
    await until(lambda: not lives(child))


def test_a_program_that_is_not_installed_is_named_with_what_to_try() -> None:
    with pytest.raises(Failure, match="siko-nothing is not installed") as failed:
        executable("siko-nothing")

    assert failed.value.exit_code == 3
