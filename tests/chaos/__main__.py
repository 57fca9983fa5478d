"""`make chaos [SEEDS=n] [SEED=first]`: long runs, a progress bar, a table at the end; exit code 1 where a promise broke."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.chaos import faults
from tests.chaos.away import away
from tests.chaos.processes import NotStarted
from tests.chaos.run import STAGES, Result, run
from tests.chaos.system import Plan
from tests.chaos.trial import DRAIN_SECONDS

FAULTS = 30
SHOWN = 12
console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many (default 1)")
    parser.add_argument(
        "--first", type=int, default=None, help="the first seed (default: of the clock)"
    )
    parser.add_argument("--faults", type=int, default=FAULTS, help=f"a seed (default {FAULTS})")
    parser.add_argument("--keep", action="store_true", help="keep logs and ledger of every seed")
    more = parser.add_subparsers(dest="away", metavar="away")
    outages = more.add_parser("away", help="the broker, then the database, is away for minutes")
    outages.add_argument("--minutes", type=float, default=5, help="each (default 5)")
    asked = parser.parse_args()
    if asked.away:
        return _without(asked)
    first = int(time.time()) % 1_000_000 if asked.first is None else asked.first
    missing = faults.hindrances()
    for kind, reason in missing.items():
        console.print(f"not available here: {kind} ({reason})", style="yellow")
    try:
        seeds = range(first, first + asked.seeds)
        results = [_one(seed, asked, missing) for seed in seeds]
    except NotStarted as error:
        console.print(f"the system could not be started: {error}", style="red")
        return 2
    except KeyboardInterrupt:
        console.print("interrupted", style="red")
        return 2
    return _judged(results, missing)


def _without(asked: argparse.Namespace) -> int:
    """What each outage shows, in a table."""
    result = asyncio.run(away(asked.minutes * 60, console.print, keep=asked.keep))
    table = Table(title="Away, and nothing restarts")
    for name in ("away", "for", "commands meanwhile", "p50", "p99", "longest pause", "events meanwhile", "drained"):  # fmt: skip
        table.add_column(name, justify="right")
    for outage in result.outages:
        took = ["-", "-"]
        if outage.accepted:
            took = [f"{1000 * outage.took(share):.1f} ms" for share in (0.5, 0.99)]
        cells = (outage.of, f"{outage.seconds:g} s", len(outage.accepted), *took,
                 f"{outage.longest_gap:.2f} s", outage.recorded, f"{outage.drained:.1f} s")  # fmt: skip
        table.add_row(*map(str, cells))
    console.print(table)
    for trouble in result.troubles:
        console.print(trouble, style="red", markup=False)
    if result.troubles:
        console.print(f"logs and ledger are in {result.folder}", style="red")
        return 1
    console.print("nothing lost, nothing doubled, order kept, nothing restarted", style="green")
    return 0


def plan(seed: int, missing: dict[str, str]) -> Plan:
    """Seeds take turns: which clock runs, and whose disk is small."""
    odd = seed % 2 == 1
    return Plan(
        clock="manual" if odd else "system",
        links="link cut" not in missing,
        small_disk=None if "disk full" in missing else "postgres" if odd else "nats",
    )


def _one(seed: int, asked: argparse.Namespace, missing: dict[str, str]) -> Result:
    columns = (
        TextColumn("seed {task.fields[seed]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("starting", total=asked.faults + len(STAGES), seed=seed)

        def report(what: str) -> None:
            progress.update(task, advance=1, description=what)

        result = asyncio.run(run(seed, plan(seed, missing), asked.faults, report, keep=asked.keep))
    worst = "holds" if not result.violations else f"{len(result.violations)} violations"
    console.print(
        f"seed {seed}: {result.faults.total()} faults, {result.commands} commands accepted,"
        f" drained after {result.drain:.1f} s: {worst}"
    )
    if asked.keep:
        console.print(f"logs and ledger: {result.folder}")
    return result


def _judged(results: Sequence[Result], missing: dict[str, str]) -> int:
    table = Table(title="Nothing lost, nothing doubled, order kept")
    for name in ("seed", "clock", "small disk", "faults", "commands", "uncertain", "events", "lost", "doubled",
                 "out of order", "answers", "stuck", "drained", "own ends"):  # fmt: skip
        table.add_column(name, justify="right")
    met: Counter[str] = Counter()
    for result in results:
        met += result.faults
        of = plan(result.seed, missing)
        counts = (result.count(kind) for kind in ("lost", "doubled", "order", "answer", "stuck"))
        cells = (result.seed, of.clock, of.small_disk or "-", result.faults.total(), result.commands,
                 result.uncertain, result.events, *counts, f"{result.drain:.1f} s", result.own_ends.total())  # fmt: skip
        style = "red" if result.violations else None
        table.add_row(*map(str, cells), style=style)
    console.print(table)
    console.print("faults:", ", ".join(f"{kind} {met[kind]}" for kind in faults.KINDS if met[kind]))
    ends = sum((result.own_ends for result in results), Counter())
    if ends:
        told = ", ".join(f"{name} ({count} times)" for name, count in sorted(ends.items()))
        console.print("own ends, with the exit code:", told)
    unmet = [kind for kind in faults.KINDS if not met[kind]]
    for kind in unmet:
        why = missing.get(kind, "another seed has it: SEEDS=2 or more")
        console.print(f"not met: {kind} ({why})", style="yellow")
    broken = [result for result in results if result.violations]
    for result in broken:
        console.print(f"seed {result.seed}: logs and ledger are in {result.folder}", style="red")
        for violation in result.violations[:SHOWN]:
            console.print(f"  {violation.kind}: {violation.text}", highlight=False, markup=False)
        if len(result.violations) > SHOWN:
            console.print(f"  and {len(result.violations) - SHOWN} more")
    if not broken:
        console.print(
            f"lost 0, doubled 0, out of order 0, drained within {DRAIN_SECONDS:g} s", style="green"
        )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
