"""`make mutants [SEED=1] [NUMBER=300]`: mutants drawn by seed, each tried against the tests that reach its line.

Ends with 1 if less than 95 % are noticed, or if one that survives is not explained in `explained.toml`.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console

from tests.mutants.drawing import Mutant, drawn, mutants_of
from tests.mutants.explained import reason
from tests.mutants.reach import reach_of
from tests.mutants.targets import TARGETS
from tests.mutants.trial import Verdict, tried

GOAL = 0.95
console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--at", help="every mutant at FILE or FILE:LINE instead")
    parser.add_argument("--tests", nargs="*", help="these tests instead of all of the package")
    asked = parser.parse_args()
    mutants = list(_at(asked.at) if asked.at else drawn(TARGETS, asked.seed, asked.number))
    verdicts = list(_tried(mutants, asked.tests))
    noticed = sum(verdict.is_noticed for verdict in verdicts)
    late = sum(verdict.outcome == "timed out" for verdict in verdicts)
    alive = [verdict for verdict in verdicts if not verdict.is_noticed]
    unexplained = sum(reason(verdict.mutant) is None for verdict in alive)
    share = noticed / len(verdicts) if verdicts else 0.0
    console.print(
        f"{noticed} of {len(verdicts)} mutants are noticed ({share:.1%}), {late} of them because tests did not end; "
        f"{len(alive) - unexplained} survivors are explained, {unexplained} are not"
    )
    return 0 if share >= GOAL and not unexplained else 1


def _at(place: str) -> Iterator[Mutant]:
    name, _, line = place.partition(":")
    file = Path(name).resolve()
    for target in TARGETS:
        if file in target.files():
            for mutant in mutants_of(target, file):
                if not line or int(line) in mutant.lines:
                    yield mutant


def _tried(mutants: list[Mutant], tests: list[str] | None) -> Iterator[Verdict]:
    """One package after the other; each verdict is told when it is known."""
    for target, those in groupby(mutants, key=lambda mutant: mutant.target):
        console.print(f"{target.package}: which of its tests reach what")
        reach = reach_of(target, tests or target.tests)
        for mutant in those:
            verdict = tried(mutant, reach)
            _tell(verdict)
            yield verdict


def _tell(verdict: Verdict) -> None:
    mutant = verdict.mutant
    explained = reason(mutant)
    before, after = mutant.change
    style = "green" if verdict.is_noticed else "yellow" if explained else "red"
    console.print(f"{verdict.outcome:<9}  {mutant.where}, line {mutant.line}", style=style)
    if verdict.is_noticed:
        return
    console.print(f"    {verdict.tests} tests reach it")
    for mark, text in (("-", before), ("+", after)):
        for line in text.splitlines():
            console.print(f"    {mark} {line}")
    if explained:
        console.print(f"    explained: {explained}")
    elif verdict.outcome == "in vain":
        console.print(verdict.said)


if __name__ == "__main__":
    sys.exit(main())
