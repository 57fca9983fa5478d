"""Short runs that lead straight to where one guard is needed: without it the checker must find something."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from siko_contracts.commands import scheduler as sch
from siko_contracts.messages import stream
from siko_contracts.queries.operations import Positions
from siko_core.calendar import BERLIN

from tests.chaos.checker import Violation
from tests.chaos.processes import Kept, until
from tests.chaos.story import SINCE, Refused, Teller, authority
from tests.chaos.system import Plan
from tests.chaos.trial import Trial, trial

MUTANTS = Path(__file__).with_name("mutants")
FIRST_SEQUENCE = 40
REST_SECONDS = 30.0
UNMOVED_SECONDS = 3.0
"""A mutant may never come to rest: what has not moved for so long is lost."""
REPEATS = 100
SOON_SECONDS = 30.0
SEED = 1


@dataclass(frozen=True)
class Direction:
    """Which services it takes, what they are asked, and what happens to them."""

    services: tuple[str, ...]
    tell: Callable[[Trial], list[Coroutine[Any, Any, None]]]
    disturb: Callable[[Trial], Awaitable[None]]
    replicas: int = 1


async def directed(direction: Direction, mutant: str | None) -> list[Violation]:
    """What the checker finds; NotStarted where the mutant cannot be applied to core as it is."""
    folder = Path(tempfile.mkdtemp(prefix=f"siko-chaos-{mutant}-"))
    path = [str(MUTANTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {
        "CHAOS_MUTANT": mutant or "none",
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
    plan = Plan(
        replicas=direction.replicas,
        services=direction.services,
        environment=environment,
        first_sequence=FIRST_SEQUENCE,
    )
    async with trial(folder, plan) as on_trial:
        on_trial.tell(*direction.tell(on_trial))
        await asyncio.sleep(1)
        await direction.disturb(on_trial)
        unmoved = UNMOVED_SECONDS if mutant else REST_SECONDS
        violations = await on_trial.end(REST_SECONDS, REPEATS, unmoved)
    if mutant or not violations:
        shutil.rmtree(folder)
    return violations


class Registrar(Teller):
    """One authority after the other."""

    async def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                await self.do(authority(f"lr-{self.name}-{number}"))
        except Refused:
            return


class Mover(Teller):
    """Conferences that are moved and cancelled: who sees it in another order sees something else."""

    async def run(self) -> None:
        own, area = f"lr-m-{self.name}", f"Gebiet {self.name}"
        self.authority = own
        try:
            await self.do(authority(own))
            await self.do(sch.AssignArea(authority_id=own, area=area, valid_from=SINCE))
            while True:
                await self._move_about(own, area)
        except Refused:
            return

    async def _move_about(self, own: str, area: str) -> None:
        conference = self.new_id()
        day = datetime(2024, 3, 13, 9, tzinfo=BERLIN)
        at = day - timedelta(days=60)
        scheduled = sch.ScheduleConference(
            id=conference,
            authority_id=own,
            kind="siko",
            areas=(area,),
            starts_at=day,
            place="Kreishaus",
            effective_at=at,
            override_reason="Probe",
        )
        await self.do(scheduled)
        for move in range(1, 4):
            moved = sch.RescheduleConference(
                conference_id=conference,
                starts_at=day + timedelta(minutes=move),
                effective_at=at + timedelta(days=move),
                override_reason="Probe",
            )
            await self.do(moved)
        cancelled = sch.CancelConference(
            conference_id=conference, reason="Großlage", effective_at=at + timedelta(days=9)
        )
        await self.do(cancelled)


def registrars(count: int) -> Callable[[Trial], list[Coroutine[Any, Any, None]]]:
    return lambda on: [Registrar(on.sender, SEED, f"{n}").run() for n in range(count)]


def movers(count: int) -> Callable[[Trial], list[Coroutine[Any, Any, None]]]:
    return lambda on: [Mover(on.sender, SEED, f"{n}").run() for n in range(count)]


def _kept(on: Trial, name: str) -> Kept:
    return next(replica.kept for replica in on.system.replicas if replica.kept.name == name)


async def database_away(on: Trial) -> None:
    async with on.system.cluster.away("invitations"):
        await asyncio.sleep(1)


async def _stands_at(on: Trial, follower: str = "scheduler") -> int:
    """The position of the scheduler's that the follower has seen."""
    reader = on.reader
    if follower == "reporting":
        seen = await reader.ask("reporting", "conferences", limit=1)
    else:
        seen = await reader.ask(follower, Positions.NAME)
    return int(seen["position"]["scheduler"])


async def _gets_to(on: Trial, position: int, follower: str = "scheduler") -> None:
    async def there() -> bool:
        return await _stands_at(on, follower) >= position

    await until(there, SOON_SECONDS, f"{follower} stands at {position}", pause=0.1)


async def reporting_down(on: Trial) -> None:
    """It comes back to a backlog."""
    async with _kept(on, "reporting-1").down():
        await _gets_to(on, await _stands_at(on) + 80)


async def disk_slow(on: Trial) -> None:
    """Transactions of both replicas take so long, one more and one less, that they would overlap."""
    async with on.system.cluster.slow("scheduler"):
        await asyncio.sleep(2)


async def invitations_killed(on: Trial) -> None:
    _kept(on, "invitations-1").kill()
    await until(on.system.ready, SOON_SECONDS, "invitations is ready again", pause=0.2)
    await _gets_to(on, await _stands_at(on), "invitations")


async def nothing(_: Trial) -> None:
    """Only time passes."""
    await asyncio.sleep(1)


async def stream_begun_anew(on: Trial) -> None:
    """The stream is made again with other sequence numbers while reporting is away: it has to find its place."""
    await _gets_to(on, FIRST_SEQUENCE // 2, "reporting")
    async with _kept(on, "reporting-1").down():
        await on.client.jetstream().delete_stream(stream("scheduler"))
        await _gets_to(on, await _stands_at(on) + 2 * FIRST_SEQUENCE)


DIRECTIONS: dict[str, Direction] = {
    "stock_ack_policy": Direction(("scheduler", "invitations"), registrars(3), database_away),
    "concurrent_batch": Direction(("scheduler", "reporting"), movers(6), reporting_down),
    "no_fence": Direction(("scheduler",), registrars(16), nothing, replicas=2),
    "position_before_commit": Direction(
        ("scheduler", "invitations"), registrars(2), invitations_killed
    ),
    "no_lock": Direction(("scheduler",), registrars(16), disk_slow, replicas=2),
    "no_previous_check": Direction(("scheduler", "reporting"), movers(4), stream_begun_anew),
    "answers_not_kept": Direction(("scheduler",), registrars(2), nothing),
}
"""By the mutant that it exposes."""


def _all_load(on: Trial) -> list[Coroutine[Any, Any, None]]:
    return [*registrars(4)(on), *movers(3)(on)]


async def _all_faults(on: Trial) -> None:
    for disturb in dict.fromkeys(direction.disturb for direction in DIRECTIONS.values()):
        await disturb(on)


ALL = Direction(("scheduler", "invitations", "reporting"), _all_load, _all_faults, replicas=2)
"""Everything that the mutants meet, on siko as it is."""
