"""Two replicas on one database: ours reschedules conferences, the rival reschedules one of them now and then."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from bench.machine import Machine
from bench.replica import in_flight
from bench.rounds import interleaved
from bench.rows import Row
from bench.scheduler import Scheduling, moved

IN_FLIGHT = 64
SECONDS = 1.2
CONFERENCES = 1000
EACH = 100
"""One command of the other replica to so many of ours: 1 % of ours find their conference changed."""


def conflicts(machine: Machine) -> list[Row]:
    """Commands per second while a second replica adds 1 %; floor: without it. SQLite has one replica, so no such row."""
    with _contest(machine.database("postgresql"), machine.folder) as contest:
        figures = interleaved(
            {
                "floor": partial(contest.rate, disturbed=False),
                "product": partial(contest.rate, disturbed=True),
            }
        )
    return [Row("conflicts", "postgresql", figures["product"], figures["floor"], "commands/s")]


class Contest:
    def __init__(self, replica: Scheduling, rival: "subprocess.Popen[str]") -> None:
        self._replica = replica
        self._rival = rival
        self._numbers = count(1)
        self._done = count(1)
        self._random = random.Random(1)
        self._conferences: list[str] = []

    def rate(self, *, disturbed: bool) -> float:
        """Return the commands per second of our replica."""

        async def one() -> None:
            await self._replica.perform(moved(self._any(), next(self._numbers)))
            if disturbed and next(self._done) % EACH == 0:
                self._tell(f"{self._any()} {next(self._numbers)}")

        return len(self._replica.run(lambda: in_flight(IN_FLIGHT, one, SECONDS))) / SECONDS

    def prepare(self) -> None:
        async def schedule() -> None:
            answers = await asyncio.gather(*(self._replica.one() for _ in range(CONFERENCES)))
            self._conferences = [answer.id for answer in answers]

        self._replica.run(schedule)

    def _any(self) -> str:
        return self._random.choice(self._conferences)

    def _tell(self, line: str) -> None:
        assert self._rival.stdin is not None
        print(line, file=self._rival.stdin, flush=True)


@contextmanager
def _contest(database_url: str, folder: Path) -> Iterator[Contest]:
    with Scheduling.on(database_url, folder) as replica:
        replica.run(replica.one)  # the register is there before the rival looks
        rival = subprocess.Popen(
            [sys.executable, "-m", "bench.rival", database_url, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        assert rival.stdin is not None
        assert rival.stdout is not None
        try:
            rival.stdout.readline()  # it is ready
            contest = Contest(replica, rival)
            contest.prepare()
            yield contest
        finally:
            rival.stdin.close()
            rival.wait(30)
