"""The broker, then the database, is away for minutes: whoever can be asked goes on, what gathers drains, nothing restarts."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from tests.chaos.checker import Violation
from tests.chaos.door import Door
from tests.chaos.processes import Kept
from tests.chaos.reading import Look, Unreadable
from tests.chaos.run import Report
from tests.chaos.sending import Sender
from tests.chaos.story import Refused, Teller, authority
from tests.chaos.system import Plan, System
from tests.chaos.trial import DRAIN_SECONDS, Trial, everybody, trial

SEED = 1
SECRETARIATS, CLERKS = 3, 1
INSIDERS = 4
INSIDERS_PAUSE = 0.1
BEFORE_SECONDS = 2.0
LONGEST_GAP = 5.0
"""On a crowded machine, with so many who ask all the time."""
BROKER, DATABASE = "NATS", "PostgreSQL"


@dataclass
class Outage:
    """What was seen of one."""

    of: str
    seconds: float
    accepted: list[float] = field(default_factory=list)
    """How long each command took that was accepted at the door while it lasted."""
    longest_gap: float = 0.0
    """Between two of them."""
    recorded: int = 0
    """Events, from its beginning until everybody could be asked again."""
    drained: float = 0.0
    """So many seconds after its end they had reached everybody."""

    def took(self, share: float) -> float:
        """A percentile."""
        return self.accepted[int(share * (len(self.accepted) - 1))]


@dataclass
class Result:
    folder: Path
    outages: list[Outage] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    @property
    def troubles(self) -> list[str]:
        """None where all is as it should be."""
        late = [o for o in self.outages if o.drained > DRAIN_SECONDS]
        halted = [o for o in self.outages if o.of == BROKER and o.longest_gap > LONGEST_GAP]
        return [
            *(f"{name} was restarted" for name in self.restarted),
            *(f"{o.of}: drained after {o.drained:.1f} s only" for o in late),
            *(f"{o.of}: no command was accepted for {o.longest_gap:.1f} s" for o in halted),
            *map(str, self.violations),
        ]


class Insider(Teller):
    """One authority after the other, by the door."""

    def __init__(self, sender: Sender, name: str) -> None:
        super().__init__(sender, SEED, name)
        self.accepted: list[tuple[float, float]] = []
        """When each was asked, and when answered."""

    async def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                began = time.monotonic()
                await self.do(authority(f"lr-{self.name}-{number}"))
                self.accepted.append((began, time.monotonic()))
                await asyncio.sleep(INSIDERS_PAUSE)
        except Refused:
            return


async def away(seconds: float, report: Report = lambda _: None, *, keep: bool = False) -> Result:
    """Both outages last so long each."""
    folder = Path(tempfile.mkdtemp(prefix="siko-chaos-away-"))
    result = Result(folder)
    async with trial(folder, Plan(clock="system", door=True)) as on_trial:
        report("started")
        inside = replace(on_trial.sender, client=Door(on_trial.system.door))
        insiders = [Insider(inside, f"inside-{n}") for n in range(INSIDERS)]
        on_trial.tell(*(insider.run() for insider in insiders))
        on_trial.tell(*everybody(on_trial.sender, SEED, (SECRETARIATS, CLERKS)))
        system = on_trial.system
        taken = {BROKER: system.broker.kept, DATABASE: system.cluster.kept}
        for of, kept in taken.items():
            await asyncio.sleep(BEFORE_SECONDS)
            report(f"{of} is away")
            result.outages.append(await _without(of, kept, seconds, insiders, on_trial))
        report("drain and check")
        result.violations = await on_trial.end()
        result.restarted = _restarted(system, taken.values())
    if not result.troubles and not keep:
        shutil.rmtree(folder)
    return result


async def _without(
    of: str, kept: Kept, seconds: float, insiders: list[Insider], on_trial: Trial
) -> Outage:
    before = await _look(on_trial)
    outage = Outage(of, seconds)
    async with kept.down():
        began = time.monotonic()
        await asyncio.sleep(seconds)
        ended = time.monotonic()
    told = [each for i in insiders for each in i.accepted if began < each[0] < each[1] < ended]
    outage.accepted = sorted(answered - asked for asked, answered in told)
    moments = [began, *sorted(answered for _, answered in told), ended]
    outage.longest_gap = max(later - at for at, later in pairwise(moments))
    look = await _look(on_trial)
    wanted = look.ends
    outage.recorded = sum(wanted.values()) - sum(before.ends.values())
    while look.behind(wanted):
        await asyncio.sleep(0.1)
        look = await _look(on_trial)
    outage.drained = time.monotonic() - ended
    return outage


async def _look(on_trial: Trial) -> Look:
    """However long it takes until everybody answers; what lasts is found at the end."""
    async with asyncio.timeout(2 * DRAIN_SECONDS):
        while True:
            with suppress(Unreadable, NatsError, JetStreamError):
                return await on_trial.reader.looked(on_trial.system.plan.services)


def _restarted(system: System, away: Iterable[Kept]) -> list[str]:
    """Who ended, and with what exit code, though only others were taken away."""
    return [
        f"{kept.name} {kept.own_ends}"
        for kept in system.programs
        if kept not in away and kept.starts > 1
    ]
