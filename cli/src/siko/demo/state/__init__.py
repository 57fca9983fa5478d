"""`siko demo --state`: three years of all 47 authorities with made-up bodies, and the compliance of the whole state."""

import asyncio
import time as clock
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from siko_contracts.commands.scheduler import AdvanceClock
from siko_core.calendar import BERLIN
from siko_core.clock import MANUAL_START

from siko.client import Client
from siko.demo.player import send
from siko.demo.state.matrix import show_matrix
from siko.demo.state.register import state
from siko.demo.state.stories import Stories
from siko.demo.steps import Step, ident
from siko.import_nrw import shipped
from siko.import_nrw.dispatch import carry_out, progress
from siko.output import Output
from siko.quiescence import settle
from siko.roles import CLOCK, IMPORT

YEARS = 3
AT_ONCE = 32
EVERYTHING = 10_000


def stories(last_year: int, seed: int) -> Stories:
    return Stories(state(seed), seed, tuple(range(last_year - YEARS + 1, last_year + 1)))


async def play_state(client: Client, last_year: int, seed: int, output: Output) -> None:
    """Play import, made-up bodies and the years wave by wave; then show compliance and throughput."""
    story = stories(last_year, seed)
    began = clock.perf_counter()
    await carry_out(client.acting(IMPORT), shipped())
    waves = [*_bodies(seed), *_waves(story)]
    total = sum(len(wave) for wave in waves)
    with progress(total, "Land") as advance:
        await _play(client, story, waves, advance)
        position = await settle(client)
    seconds = clock.perf_counter() - began
    compliance: list[dict[str, Any]] = []
    for year in story.years:
        answer = await client.view(
            "reporting", "compliance", year=year, limit=EVERYTHING, at_least=position
        )
        compliance += answer.items
    show_matrix(compliance, story.years, {"commands": total, "seconds": seconds}, output)


async def _play(
    client: Client, story: Stories, waves: Sequence[list[Step]], advance: Callable[[str], None]
) -> None:
    """Send the commands of a wave concurrently, once all that came of the one before has been applied everywhere.

    So everything is recorded at the moment to which it belongs, and two runs answer the same about every moment.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def send_step(step: Step) -> None:
        async with gate:
            await send(client, step, story.years[0])
        advance(f"{step.at:%d.%m.%Y}")

    for wave in waves:
        await settle(client)
        await asyncio.gather(*map(send_step, wave))


def _bodies(seed: int) -> list[list[Step]]:
    """Return two waves: district governments, then the bodies reached through them."""
    bodies = state(seed).bodies
    steps = [
        Step(MANUAL_START, body, IMPORT, ident(0, f"state {seed}", body.body_id)) for body in bodies
    ]
    governments = sum(body.category == "district_government" for body in bodies)
    return [steps[:governments], steps[governments:]]


def _waves(story: Stories) -> list[list[Step]]:
    """Group steps by moment and service; a day begins before the first wave on it."""
    waves = []
    day = date(story.years[0], 1, 1)
    waves.append([_begin(day, story)])
    for (moment, _), steps in groupby(story.steps, lambda step: (step.at, step.service)):
        if moment.date() > day:
            day = moment.date()
            waves.append([_begin(day, story)])
        waves.append(list(steps))
    waves.append([_begin(date(story.years[-1] + 1, 1, 8), story)])
    return waves


def _begin(day: date, story: Stories) -> Step:
    midnight = datetime.combine(day, time(), BERLIN)
    command_id = ident(day.year, f"state {story.seed} clock", day.isoformat())
    return Step(midnight, AdvanceClock(as_of=midnight), CLOCK, command_id)
