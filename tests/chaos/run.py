"""One seed: start, tell stories, inject faults, heal, wait until everything has arrived, judge."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos import faults
from tests.chaos.checker import Violation
from tests.chaos.system import Plan
from tests.chaos.trial import Trial, everybody, trial

GAP_SECONDS = (0.5, 3.0)
FAULT_SECONDS = 90.0
SECRETARIATS, CLERKS = 16, 2
STAGES = ("started", "drain and check")
"""What is reported beside the faults."""
Report = Callable[[str], None]


@dataclass
class Result:
    """What the table shows of a seed."""

    seed: int
    folder: Path
    faults: Counter[str] = field(default_factory=Counter)
    commands: int = 0
    uncertain: int = 0
    events: int = 0
    drain: float = 0.0
    own_ends: Counter[str] = field(default_factory=Counter)
    """Who ended, and how, though no fault had ended it; its supervisor started it again."""
    violations: list[Violation] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(violation.kind == kind for violation in self.violations)


async def run(
    seed: int,
    plan: Plan,
    fault_count: int,
    report: Report = lambda _: None,
    *,
    keep: bool = False,
) -> Result:
    """The folder with logs and ledger stays where something is violated, or where it is to be kept."""
    folder = Path(tempfile.mkdtemp(prefix=f"siko-chaos-{seed}-"))
    result = Result(seed, folder)
    async with trial(folder, plan) as on_trial:
        report("started")
        on_trial.tell(*everybody(on_trial.sender, seed, (SECRETARIATS, CLERKS)))
        result.faults = await _disturb(on_trial, Random(seed), fault_count, report)
        report("drain and check")
        result.violations = await on_trial.end()
        for kept in on_trial.system.programs:
            result.own_ends.update(f"{kept.name} {code}" for code in kept.own_ends)
    result.drain, result.events = on_trial.drain, on_trial.events
    result.commands = len(on_trial.ledger.accepted)
    result.uncertain = sum(entry.uncertain for entry in on_trial.ledger.entries)
    if not result.violations and not keep:
        shutil.rmtree(folder)
    return result


async def _disturb(
    on_trial: Trial, random: Random, fault_count: int, report: Report
) -> Counter[str]:
    """One fault after the other, some while others last; returns when the last one is over."""
    injector = faults.Injector(on_trial.system, random)
    kinds = faults.drawn(faults.possible(on_trial.system), fault_count, random)
    under_way = []
    for kind in kinds:
        await asyncio.sleep(random.uniform(*GAP_SECONDS))
        report(kind)
        injected = asyncio.wait_for(injector.inject(kind), FAULT_SECONDS)
        under_way.append(asyncio.create_task(injected))
    ended = await asyncio.gather(*under_way, return_exceptions=True)
    failed = [error for error in ended if isinstance(error, Exception)]
    if failed:
        raise ExceptionGroup("faults could not be injected", failed)
    return injector.done
