"""`python -m bench [NAME …] [--json FILE]`: measures product and floors in one run, prints ratios."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import system
from bench.rows import Row

MEASUREMENTS = {
    "start": system.start,
    "help": system.help_,
    "seen": system.seen,
    "at_rest": system.at_rest,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name, measure in MEASUREMENTS.items():
        if not arguments.names or name in arguments.names:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += measure()
    _show(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    return 0 if all(row.holds for row in rows) else 1


def _show(rows: list[Row]) -> None:
    table = Table("figure", "engine", "product", "floor", "ratio", "must")
    for row in rows:
        table.add_row(
            row.name,
            row.engine,
            f"{row.product:.4g} {row.unit}",
            "" if row.floor is None else f"{row.floor:.4g} {row.unit}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.must + ("" if row.holds else "  MISSED"),
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
