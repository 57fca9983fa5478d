"""Programs that are started again whenever they end, as an operator's supervisor would do it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import IO

from siko.supervisor import dying_with_this_process

FIRST_DELAY, MOST_DELAY = 0.2, 2.0
ALIVE_SECONDS = 5.0
PROBE_SECONDS = 1.0
PROBES_FAILED = 4
"""So many probes in a row without health, after a first good one, and the program is killed: a liveness probe."""
STOP_SECONDS = 15.0


class NotStarted(Exception):
    """The harness could not bring up what it is to disturb: this says nothing about siko."""


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] | None = None
    user: str | None = None
    alive: Callable[[], Awaitable[bool]] | None = None


@dataclass
class Kept:
    """One program. `turn` is for faults: only one at a time has it in hand."""

    program: Program
    pid: int | None = None
    starts: int = 0
    own_ends: list[int] = field(default_factory=list)
    """Exit codes of ends that no fault and no stop had asked for."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None
    _asked_to_end: bool = False

    @property
    def name(self) -> str:
        return self.program.name

    def start(self) -> None:
        self._wanted.set()
        self._ended.set()
        self._keeper = asyncio.create_task(self._keep(), name=self.name)

    async def stop(self) -> None:
        """For good: SIGTERM, and SIGKILL for one that stays."""
        if self._keeper is None:
            return
        self._wanted.clear()
        self._asked_to_end = True
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._ended.wait(), STOP_SECONDS)
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self._ended.wait()
        self._keeper.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeper

    def send(self, number: signal.Signals) -> bool:
        """False where there is no process to send it to."""
        if self.pid is None:
            return False
        _signal([self.pid], number)
        return True

    def kill(self) -> bool:
        """As by the kernel; the supervisor starts it again. False where there was no process."""
        self._asked_to_end = self.send(signal.SIGKILL)
        return self._asked_to_end

    def kill_child(self, random: Random) -> bool:
        """One of its own processes; False where it has none."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(random.choice(_children(self.pid or 0)), signal.SIGKILL)
            return True
        return False

    @asynccontextmanager
    async def down(self, number: signal.Signals = signal.SIGKILL) -> AsyncIterator[None]:
        """Ended by this signal, and not started again within."""
        self._wanted.clear()
        self._asked_to_end = self.send(number)
        await self._ended.wait()
        try:
            yield
        finally:
            self._wanted.set()

    @asynccontextmanager
    async def paused(self, one_of_all: Random | None = None) -> AsyncIterator[None]:
        """With all processes of its own, or only one of them where it is to be drawn."""
        processes = [self.pid, *_children(self.pid)] if self.pid else []
        if one_of_all and processes:
            processes = [one_of_all.choice(processes)]
        _signal(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(processes, signal.SIGCONT)

    async def _keep(self) -> None:
        delay = FIRST_DELAY
        while True:
            await self._wanted.wait()
            began = asyncio.get_running_loop().time()
            code = await self._run()
            if not self._asked_to_end:
                self.own_ends.append(code)
            self._asked_to_end = False
            if asyncio.get_running_loop().time() - began > ALIVE_SECONDS:
                delay = FIRST_DELAY
            await asyncio.sleep(delay)
            delay = min(2 * delay, MOST_DELAY)

    async def _run(self) -> int:
        with self.program.log.open("ab") as log:
            process = await self._spawn(log)
        self.pid = process.pid
        self._ended.clear()
        self.starts += 1
        probing = asyncio.create_task(self._probe())
        try:
            return await process.wait()
        finally:
            self.pid = None
            self._ended.set()
            probing.cancel()

    async def _spawn(self, log: IO[bytes]) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self.program.environment,
            user=self.program.user,
            group=self.program.user,
            start_new_session=True,
            preexec_fn=dying_with_this_process(),
        )

    async def _probe(self) -> None:
        """A process that lives and does not serve is killed, so that it can begin anew."""
        failed: int | None = None
        while self.program.alive:
            await asyncio.sleep(PROBE_SECONDS)
            if await self.program.alive():
                failed = 0
            elif failed is not None:
                failed += 1
                if failed >= PROBES_FAILED:
                    self.own_ends.append(0)
                    self.kill()


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


async def until(
    true: Callable[[], Awaitable[bool]], seconds: float, what: str, *, pause: float = 0.05
) -> None:
    """NotStarted where it is not so in time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await true():
        if asyncio.get_running_loop().time() > deadline:
            raise NotStarted(f"{what}: not so within {seconds:g} s")
        await asyncio.sleep(pause)
