"""`python -m bench [NAME …] [--json FILE]`: measures the product and its floors in one run, prints ratios and goals."""

import argparse
import json
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from bench import appends, contest, fairness, identity, latency, reading, relaying, system
from bench.machine import Machine, machine
from bench.postgres import CannotMeasure
from bench.rows import GOALS, Row

MEASUREMENTS: dict[tuple[str, ...], Callable[[Machine], list[Row]]] = {
    ("append_64", "append_64_rules"): appends.append_64,
    ("append_64_slow",): appends.append_64_slow,
    ("append_vs_stock",): appends.append_vs_stock,
    ("conflicts",): contest.conflicts,
    ("reply",): latency.reply,
    ("identity",): identity.identity,
    ("fair",): fairness.fair,
    ("visible", "visible_tail"): latency.visible,
    ("pipeline",): latency.pipeline,
    ("relay",): relaying.relay,
    ("rebuild",): reading.rebuild,
    ("load_1000",): reading.load_1000,
    ("idle_cpu", "memory"): system.at_rest,
    ("growth",): appends.growth,
    ("start",): system.start,
    ("help",): system.help_,
    ("command_to_view_p50",): system.command_to_view,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(GOALS)}")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(GOALS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(GOALS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers and folders go in order
    wanted = set(arguments.names or GOALS)
    rows, missing = _measure(wanted)
    _show(rows)
    for reason in missing:
        print(reason)
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    return 0 if all(row.holds for row in rows) and not missing else 1


def _measure(wanted: set[str]) -> tuple[list[Row], list[str]]:
    """Return the rows, and which measurements are impossible here and why."""
    rows: list[Row] = []
    missing: list[str] = []
    with machine() as shared:
        for names, measure in MEASUREMENTS.items():
            if not wanted.intersection(names):
                continue
            print(f"{', '.join(names)} …", end=" ", file=sys.stderr, flush=True)
            began = time.monotonic()
            try:
                rows += [row for row in measure(shared) if row.name in wanted]
            except CannotMeasure as reason:
                missing.append(f"{', '.join(names)}: not measured: {reason}")
            except Exception as error:  # noqa: BLE001 - the other rows are worth having
                traceback.print_exc()
                missing.append(f"{', '.join(names)}: failed: {type(error).__name__}: {error}")
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows, missing


def _show(rows: list[Row]) -> None:
    table = Table(
        Column("figure", no_wrap=True), "engine", "product", "floor", "unit", "ratio", "must", "aim"
    )
    for row in rows:
        goal = row.goal
        table.add_row(
            row.name,
            row.engine,
            f"{row.product:.4g}",
            "" if row.floor is None else f"{row.floor:.4g}",
            row.unit,
            "" if row.ratio is None else f"{row.ratio:.2f}",
            _verdict(row, goal.must if goal else None),
            _verdict(row, goal.aim if goal else None),
        )
    Console(width=120).print(table)


def _verdict(row: Row, bound: float | None) -> str:
    if row.goal is None or bound is None:
        return ""
    holds = row.goal.holds(row.judged, bound)
    return f"{row.goal.shown(bound)} {'holds' if holds else '[bold]MISSED[/bold]'}"


if __name__ == "__main__":
    raise SystemExit(main())
