"""`siko demo`: a year of Köln and Leverkusen through the commands that anyone can send, and its verdicts."""

from datetime import datetime
from pathlib import Path

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.messages import NOW
from siko_core.calendar import BERLIN, day_begins
from siko_core.clock import MANUAL_START

from siko.client import LONG_DEADLINE_S, Client, run
from siko.clock import time_of
from siko.demo.player import end_of, made_by_demo, play, watching
from siko.demo.state import play_state, stories
from siko.demo.steps import SECRETARIAT, ident
from siko.demo.verdicts import show_verdicts
from siko.output import Failure, Output, say
from siko.quiescence import settle
from siko.roles import AUDITOR

EVERYTHING = 10_000
_YEARS = range(2007, 2100)


def demo(year: int | None, output: Output, data: Path | None) -> int:
    """Play `year`, by default the last complete one, and show its verdicts. Returns the exit code.

    A year that has been played is not played again, whatever was entered since.
    """
    played = year if year is not None else datetime.now(BERLIN).year - 1

    async def work(connected: Client) -> int:
        client = connected.acting(AUDITOR)
        await _require_manual_clock(client)
        own = {i for y in _YEARS for i in made_by_demo(y)}
        if await _is_played(client, played):
            say(
                f"{played} has been played: the demo goes on with the data that is there.",
                aside=True,
            )
            position = await settle(client)
        else:
            await _require_own_conferences(client, own)
            with watching(played) as watch:
                position = await play(client, played, watch)
        answer = await client.view(
            "reporting", "compliance", year=played, limit=EVERYTHING, at_least=position
        )
        await show_verdicts(client, played, answer.items, output)
        return DONE

    return run(data, work, deadline_s=LONG_DEADLINE_S)


def demo_state(last_year: int | None, seed: int, output: Output, data: Path | None) -> int:
    """Play three years of the whole state up to `last_year`, by default the last complete one. Returns the exit code."""
    last = last_year if last_year is not None else datetime.now(BERLIN).year - 1

    async def work(connected: Client) -> int:
        client = connected.acting(AUDITOR)
        await _require_manual_clock(client)
        await _require_own_conferences(client, stories(last, seed).conference_ids)
        await play_state(client, last, seed, output)
        return DONE

    return run(data, work, deadline_s=LONG_DEADLINE_S)


async def _require_manual_clock(client: Client) -> None:
    """Raise Failure on the system's clock. Asks by a command that cannot be accepted, so nothing changes."""
    nothing = ident(MANUAL_START.year, "nothing", "conference")
    answer = await client.acting(SECRETARIAT).command(
        "scheduler",
        "cancel_conference",
        {"conference_id": nothing, "reason": "-"},
        now=MANUAL_START.isoformat(),
    )
    if isinstance(answer, Refusal) and NOW in answer.error.details:
        raise Failure(
            REFUSED,
            "SystemClock",
            f"the system at {client.url} runs on the system's clock, and the demo plays a year that"
            " is over: start one in a data folder of its own with `siko up --demo` or SIKO_CLOCK=manual",
        )


async def _is_played(client: Client, year: int) -> bool:
    """Whether the clock is past the year's demo, and all that this made is there."""
    clock = await time_of(client)
    if clock is None or clock < day_begins(end_of(year)):
        return False
    answer = await client.view("reporting", "conferences", limit=EVERYTHING)
    return made_by_demo(year) <= {item["conference_id"] for item in answer.items}


async def _require_own_conferences(client: Client, own: set[str]) -> None:
    position = await settle(client)
    answer = await client.view("reporting", "conferences", limit=EVERYTHING, at_least=position)
    foreign = sorted({item["conference_id"] for item in answer.items} - own)
    if foreign:
        raise Failure(
            REFUSED,
            "NotOfTheDemo",
            f"there are conferences that the demo did not make ({len(foreign)}, such as {foreign[0]}):"
            " play it in a data folder of its own, `siko up --demo --data DIR`",
        )
