"""Supervisor of a child process: restarts it with exponential backoff and stops it in order."""

import asyncio
import ctypes
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from siko_contracts.exit_codes import UNREACHABLE, WRONG_USAGE
from siko_core.loops import cancel

from siko.log_files import LogFile
from siko.output import Failure, unreachable

FIRST_DELAY = 0.2
MOST_DELAY = 5.0
ALIVE_SECONDS = 10.0
"""After this uptime the backoff is reset."""
GRACE_SECONDS = 10.0
AILMENT_SECONDS = 5.0
_FIRST_POLL_SECONDS = 0.05
_MOST_POLL_SECONDS = 0.2
_HOPELESS = (WRONG_USAGE, UNREACHABLE)
"""A program that ends so before it was ever ready has said what is wrong: again would be the same."""
_LAST_WORDS_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """Command, log file, and a readiness check: `hindrance` returns why it is not ready, None if it is."""

    name: str
    command: Sequence[str | Path]
    log: Path
    hindrance: Callable[[], Awaitable[str | None]]
    environment: Mapping[str, str] | None = None
    ailment: Callable[[], Awaitable[str | None]] | None = None
    """Asked while it is ready: why only a new process can do the work."""


class Supervised:
    """One program, kept running until it is stopped.

    `report` gets sentences for people; `changed` is called whenever there is a new process.
    """

    def __init__(
        self, program: Program, report: Callable[[str], None], changed: Callable[[], None]
    ) -> None:
        self.name = program.name
        self.pid: int | None = None
        self.hindrance: str | None = "not started"
        self._program = program
        self._report = report
        self._changed = changed
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name=self.name)

    async def ready(self) -> None:
        """Waits until it was ready once. Failure where it ended before that and said why (`_HOPELESS`)."""
        await asyncio.shield(self._first_ready)

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """SIGTERM, and SIGKILL where it has not ended within so many seconds."""
        if self._keeper is None:
            return
        self._stopping.set()
        self._signal(signal.SIGTERM)
        _, still_running = await asyncio.wait({self._keeper}, timeout=grace)
        if still_running:
            self._report(f"{self.name} has not ended within {grace:g} s and is killed")
            self._signal(signal.SIGKILL)
        await self._keeper

    def kill(self) -> None:
        """At once and for good; `stop` waits for the end."""
        self._stopping.set()
        self._signal(signal.SIGKILL)

    async def _keep(self) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            began = time.monotonic()
            exit_code, last_words = await self._run()
            if self._stopping.is_set():
                return
            if exit_code in _HOPELESS and not self._first_ready.done():
                self._first_ready.set_exception(self._cannot_start(exit_code, last_words))
                return
            if time.monotonic() - began >= ALIVE_SECONDS:
                delay = FIRST_DELAY
            words = f" ({last_words})" if exit_code > 0 and last_words else ""
            self._report(f"{self.name} {_end(exit_code)}{words}; restarted in {delay:.1f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, MOST_DELAY)

    async def _run(self) -> tuple[int, str]:
        """One life of the program; its exit code, or the negative number of the signal that ended it, and its last words."""
        try:
            log = LogFile(self._program.log)
            self._process = process = await self._spawn(log)
        except OSError as error:  # gone for a moment: it is being installed anew
            self._report(f"{self.name} cannot be started: {error}")
            return 1, ""
        self.pid = process.pid
        if self._stopping.is_set():  # told to stop while it was being started
            process.terminate()
        self._changed()
        watch = asyncio.create_task(self._watch(process))
        try:
            exit_code = await process.wait()
            await asyncio.to_thread(log.wait, _LAST_WORDS_SECONDS)
        finally:
            await cancel([watch])
            self.hindrance = "not running"
        return exit_code, log.last

    def _cannot_start(self, exit_code: int, last_words: str) -> Failure:
        cause = last_words or f"it said nothing, see {self._program.log}"
        return Failure(exit_code, "CannotStart", cause, {"program": self.name})

    async def _watch(self, process: Process) -> None:
        pause = _FIRST_POLL_SECONDS
        while (hindrance := await self._ask()) is not None:
            self.hindrance = hindrance
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, _MOST_POLL_SECONDS)
        self.hindrance = None
        if self._first_ready.done():
            self._report(f"{self.name} is ready again")
        else:
            self._first_ready.set_result(None)
        await self._watch_health(process)

    async def _watch_health(self, process: Process) -> None:
        while self._program.ailment is not None:
            await asyncio.sleep(AILMENT_SECONDS)
            if reason := await self._program.ailment():
                self._report(f"{self.name} is ended, for only a new process can go on: {reason}")
                process.kill()
                return

    async def _ask(self) -> str | None:
        try:
            return await self._program.hindrance()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is shown and asked again
            return f"{type(error).__name__}: {error}"

    async def _spawn(self, log: LogFile) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._program.command,
                stdin=DEVNULL,
                stdout=log.pipe,
                stderr=STDOUT,
                env=self._program.environment,
                start_new_session=True,  # the terminal's Ctrl-C is for the supervisor alone
                preexec_fn=dying_with_this_process(),
            )
        finally:
            log.begin()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


def executable(name: str) -> Path:
    """Beside this Python, else on the PATH. Failure (exit code 3) where it is not installed."""
    beside = Path(sys.executable).parent / name
    if beside.is_file():
        return beside
    if path := shutil.which(name):
        return Path(path)
    raise unreachable(f"{name} is not installed beside {sys.executable}; try `make setup`")


def dying_with_this_process() -> Callable[[], None] | None:
    """For `preexec_fn`: Linux ends the child when this process is gone, however it went."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.PyDLL(None).prctl  # found before the fork: a fresh child must do little
    parent = os.getpid()

    def in_the_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it went before the line above
            os._exit(1)

    return in_the_child


def _end(exit_code: int) -> str:
    if exit_code < 0:
        return f"was ended by signal {-exit_code} ({signal.strsignal(-exit_code)})"
    return f"ended with exit code {exit_code}"
