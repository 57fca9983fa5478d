"""Player of a year: for each day it advances the clock, then sends the commands of that day."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, time, timedelta
from itertools import groupby
from time import monotonic as time_now
from typing import Protocol

from siko_contracts.answers import Refusal
from siko_contracts.characters import escaped
from siko_contracts.commands.invitations import SetContact, SetSender
from siko_contracts.commands.scheduler import AdvanceClock
from siko_contracts.exit_codes import REFUSED
from siko_core.calendar import BERLIN

from siko.client import Client
from siko.demo.joint_conference import joint
from siko.demo.other_conferences import cancelled, leverkusen, motorways
from siko.demo.steps import AUTHORITY, PLACE, Script, Step, bodies, ident
from siko.import_nrw import shipped
from siko.import_nrw.dispatch import carry_out
from siko.output import Failure, say
from siko.quiescence import settle
from siko.roles import AUDITOR, CLOCK, IMPORT

CONFERENCES: tuple[Callable[[int], Script], ...] = (joint, leverkusen, cancelled, motorways)
"""The conferences of the whole demo; each can be played alone too."""


MAILBOX = f"siko@{AUTHORITY}.example.org"
QUIET_SECONDS = 1.5
"""In which the next letter would have begun to leave."""
PATIENCE_SECONDS = 60.0
MOST_EVENTS = 10_000
SETTLED = ("handed_over", "delivery_failed", "withheld")


class Watch(Protocol):
    """Progress display."""

    def day(self, day: date) -> None: ...
    def say(self, text: str) -> None: ...


async def play(
    client: Client,
    year: int,
    watch: Watch,
    conferences: Sequence[Callable[[int], Script]] = CONFERENCES,
) -> dict[str, int]:
    """Play import, contacts and the year with these conferences; return the producers' last positions.

    What came of a command has been applied everywhere before another service, or another day, comes: it may depend on
    it, and is recorded at the moment to which it belongs.
    """
    client = client.acting(AUDITOR)
    await carry_out(client.acting(IMPORT), shipped())
    await settle(client)
    watch.say(f"{year}: Registerdaten übernommen")
    scripts = [_contacts(year), *(conference(year) for conference in conferences)]
    steps = sorted((step for script in scripts for step in script.steps), key=lambda step: step.at)
    for day in _days(year):
        await send(client, _begin(day), year)
        watch.day(day)
        of_day = [step for step in steps if step.at.date() == day]
        if of_day:
            await settle(client)
        for _, at_service in groupby(of_day, lambda step: step.service):
            for step in at_service:
                await send(client, step, year)
                if step.milestone:
                    watch.say(f"{step.at:%d.%m.%Y} {step.milestone}")
            await settle(client)
    return await _letters_have_left(client)


async def _letters_have_left(client: Client) -> dict[str, int]:
    """Wait until nothing more is recorded and no letter is on its way: they leave beside the commands.

    A mail server that is away is not waited for.
    """
    deadline = time_now() + PATIENCE_SECONDS
    before = await settle(client)
    while True:
        await asyncio.sleep(QUIET_SECONDS)
        positions = await settle(client)
        is_quiet = positions == before and not await _are_on_their_way(client)
        if is_quiet or time_now() > deadline:
            return positions
        before = positions


async def _are_on_their_way(client: Client) -> bool:
    log = await client.view("invitations", "log", limit=MOST_EVENTS)
    topics = Counter(event["topic"] for event in log.items)
    settled = sum(topics[f"correspondence.{how}"] for how in SETTLED)
    return topics["correspondence.handing_over_begun"] > settled


def made_by_demo(year: int) -> set[str]:
    """Return the ids of the conferences that the demo of this year creates."""
    return {conference(year).conference_id for conference in CONFERENCES}


async def send(client: Client, step: Step, year: int) -> None:
    """Send a step. Raises Failure (exit code 1) if it is refused."""
    command = step.command
    answer = await client.acting(step.sign_in).command(
        step.service,
        command.NAME,
        command.model_dump(mode="json", exclude_none=True),
        command_id=step.command_id,
        now=step.at.isoformat(),
        correlation_id=ident(year, "demo", "run"),
    )
    if isinstance(answer, Refusal):
        error = answer.error
        raise Failure(
            REFUSED,
            error.code,
            f"{error.message} (the demo's {step.service}.{command.NAME} at {step.at.isoformat()})",
            error.details,
        )


def _contacts(year: int) -> Script:
    script = Script(year, "contacts", "Kontakte", date(year, 1, 1))
    script.do(0, time(8), SetSender(authority_id=AUTHORITY, email=MAILBOX, name=PLACE))
    for body in bodies():
        email = f"poststelle@{body.body_id}.example.org"
        script.do(0, time(8), SetContact(body_id=body.body_id, email=email))
    return script


def end_of(year: int) -> date:
    """Return the demo's last day, the one after the next New Year: the year has been judged."""
    return date(year + 1, 1, 2)


def _days(year: int) -> Iterator[date]:
    first, end = date(year, 1, 1), end_of(year)
    return (first + timedelta(days=n) for n in range((end - first).days + 1))


def _begin(day: date) -> Step:
    """Return the step that begins a day. Its id depends on the day only: demos of two years share New Year."""
    midnight = datetime.combine(day, time(), BERLIN)
    command_id = ident(day.year, "clock", day.isoformat())
    return Step(midnight, AdvanceClock(as_of=midnight), CLOCK, command_id)


class _Lines:
    def day(self, day: date) -> None:
        """Print nothing: lines show milestones only."""

    def say(self, text: str) -> None:
        say(text, aside=True)


def watching(year: int) -> AbstractContextManager[Watch]:
    """Return a progress bar on a terminal, lines elsewhere; both on stderr."""
    return _bar(year) if sys.stderr.isatty() else _lines()


@contextmanager
def _lines() -> Iterator[Watch]:
    yield _Lines()


@contextmanager
def _bar(year: int) -> Iterator[Watch]:
    from rich.console import Console  # noqa: PLC0415 - costs time that a program must not pay
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(str(year), total=sum(1 for _ in _days(year)))

        class Bar:
            def day(self, day: date) -> None:
                progress.update(task, advance=1, description=f"{day:%d.%m.%Y}")

            def say(self, text: str) -> None:
                progress.console.print(escaped(text), markup=False, highlight=False)

        yield Bar()
