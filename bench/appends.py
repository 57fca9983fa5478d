"""Commands per second through the writer, compared with raw commits, on a slow disk, with a stock save, in a full store.

The command is `respond`, which is sent in bulk; `append_64_rules` uses the command with the most rules.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import floors
from bench.filling import fill
from bench.invitations import Answering
from bench.machine import ENGINES, Machine
from bench.postgres import cluster, slow_disk
from bench.replica import Replica, commands
from bench.rounds import interleaved
from bench.rows import Row, median
from bench.scheduler import Scheduling
from bench.stock import stock

IN_FLIGHT = 64
SECONDS = 0.4
FEW = 1_000
MANY = 1_000_000
TURNS, TURN_SECONDS = 15, 0.2
UNIT = "commands/s"


def append_64(machine: Machine) -> list[Row]:
    """64 commands in flight; floor: single-row commits on 8 connections, on SQLite on the one that can write."""
    return [
        Row(name, engine, *_figures(kind, machine.database(engine), machine.folder), UNIT)
        for name, kind in (("append_64", Answering), ("append_64_rules", Scheduling))
        for engine in ENGINES
    ]


def append_64_slow(machine: Machine) -> list[Row]:
    """The same with 2 ms added to each fsync; SQLite in a process of its own, into which the shim is loaded."""
    with cluster(slow=True) as slow:
        on_postgres = _figures(Answering, slow.database(), machine.folder)
    child = subprocess.run(
        [sys.executable, "-m", "bench.appends", machine.database("sqlite"), str(machine.folder)],
        env=os.environ | slow_disk(machine.folder),
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        check=True,
    )
    product_there, floor_there = json.loads(child.stdout)
    return [
        Row("append_64_slow", "postgresql", *on_postgres, UNIT),
        Row("append_64_slow", "sqlite", product_there, floor_there, UNIT),
    ]


def append_vs_stock(machine: Machine) -> list[Row]:
    """64 commands in flight; floor: the library's own `save` of an aggregate with one event, in 8 threads."""
    rows = []
    for engine in ENGINES:
        with stock(machine.database(engine)) as as_it_comes:
            floor = partial(as_it_comes.saves_a_second, SECONDS)
            figures = _beside(Answering, floor, machine.database(engine), machine.folder)
        rows.append(Row("append_vs_stock", engine, *figures, UNIT))
    return rows


def growth(machine: Machine) -> list[Row]:
    """Median milliseconds of a command, one in flight, with a million events in the store; floor: with a thousand."""
    rows = []
    for engine in ENGINES:
        few, many = machine.database(engine), machine.database(engine)
        fill(few, machine.folder, FEW)
        fill(many, machine.folder, MANY)
        taken: dict[str, list[float]] = {few: [], many: []}
        with (
            Scheduling.on(few, machine.folder) as small,
            Scheduling.on(many, machine.folder) as large,
        ):
            commands(small, TURN_SECONDS, 1)
            commands(large, TURN_SECONDS, 1)
            for _ in range(TURNS):
                taken[few] += commands(small, TURN_SECONDS, 1)
                taken[many] += commands(large, TURN_SECONDS, 1)
        figures = (1000 * median(taken[many]), 1000 * median(taken[few]))
        rows.append(Row("growth", engine, *figures, "ms"))
    return rows


def _figures(kind: type[Replica], database_url: str, folder: Path) -> tuple[float, float]:
    """Measure product and floor on one database."""
    floor = partial(floors.commits_a_second, database_url, SECONDS)
    return _beside(kind, floor, database_url, folder)


def _beside(
    kind: type[Replica], floor: Callable[[], float], database_url: str, folder: Path
) -> tuple[float, float]:
    with kind.on(database_url, folder) as replica:

        def rate() -> float:
            return len(commands(replica, SECONDS, IN_FLIGHT)) / SECONDS

        rate()  # what is read once is in the cache
        figures = interleaved({"floor": floor, "product": rate})
    return figures["product"], figures["floor"]


if __name__ == "__main__":
    print(json.dumps(_figures(Answering, sys.argv[1], Path(sys.argv[2]))))
