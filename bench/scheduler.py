"""The product in this process: the scheduler's own application and writer, without a broker.

The command is `schedule_conference` for a date in 2008: it reads authority, area and rulesets, judges R5 and R9,
and makes one event, because years before 2023 have no obligations.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from siko.sign_ins import SignIn
from siko_contracts.answers import Answer
from siko_contracts.commands.scheduler import (
    AssignArea,
    CancelConference,
    PostponeConference,
    RegisterAuthority,
    RescheduleConference,
    ScheduleConference,
)
from siko_core.headers import metadata_of
from siko_core.identity import IDENTITY, Identity
from siko_core.opening import open_application
from siko_core.settings import Settings
from siko_core.writer import Writer, command_job
from siko_scheduler.application import Scheduler
from siko_scheduler.domain.authority import Authority

AUTHORITY = "pp-koeln"
AREA = "Köln"
SECRETARIAT = SignIn.parse(f"secretariat@{AUTHORITY}")
"""Schedules; the register is a service's to fill."""
REGISTER: tuple[tuple[Any, dict[str, object]], ...] = (
    (RegisterAuthority, {"authority_id": AUTHORITY, "name": "Polizeipräsidium Köln",
                         "kind": "polizeipraesidium", "district": "br-koeln", "valid_from": "2007-01-01"}),
    (AssignArea, {"authority_id": AUTHORITY, "area": AREA, "valid_from": "2007-01-01"}),
)  # fmt: skip
SCHEDULE: dict[str, object] = {
    "authority_id": AUTHORITY,
    "kind": "siko",
    "areas": [AREA],
    "starts_at": "2008-05-07T10:00:00+02:00",
    "place": "Polizeipräsidium Köln",
}
T = TypeVar("T")
METHODS: dict[type[Any], Callable[..., Any]] = {
    RegisterAuthority: Scheduler.register_authority,
    AssignArea: Scheduler.assign_area,
    ScheduleConference: Scheduler.schedule_conference,
    RescheduleConference: Scheduler.reschedule_conference,
    PostponeConference: Scheduler.postpone_conference,
    CancelConference: Scheduler.cancel_conference,
}


class Product:
    """One replica's application and running writer."""

    def __init__(self, database_url: str, folder: Path) -> None:
        settings = Settings(
            database_url=SecretStr(database_url),
            keys_url=SecretStr(f"sqlite:///{folder}/keys.db"),
            clock="manual",
        )
        self.application, self.clock = open_application(Scheduler, settings)
        self.writer = Writer(self.application)
        self._runner = asyncio.Runner()

    async def perform(self, command: Any) -> Answer:
        """What the service does with a command that has arrived."""
        metadata = metadata_of(command, self.clock)
        job = command_job(self.application, METHODS[type(command)], command, metadata)
        answer = await self.writer.perform(job)
        if not isinstance(answer, Answer):
            raise TypeError(f"refused: {answer}")
        return answer

    async def schedule(self) -> Answer:
        return await self.perform(ScheduleConference.model_validate(SCHEDULE))

    async def register(self) -> None:
        for command, fields in REGISTER:
            await self.perform(command.model_validate(fields))

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """With the writer running and the register filled; always in the same event loop."""

        async def with_writer() -> T:
            IDENTITY.set(Identity(sub="bench", role="secretariat", authority_id=AUTHORITY))
            writer = asyncio.create_task(self.writer.run())
            try:
                if not self.application.find(Authority, AUTHORITY):
                    await self.register()
                return await work()
            finally:
                writer.cancel()

        return self._runner.run(with_writer())

    def close(self) -> None:
        self._runner.close()
        recorder: Any = self.application.recorder
        recorder.close()
        self.application.close()
        self.application.keyring.close()


def moved(conference_id: str, number: int) -> RescheduleConference:
    """The command that moves a conference of `SCHEDULE` by so many milliseconds: one event too, on the same day."""
    starts_at = datetime.fromisoformat(str(SCHEDULE["starts_at"])) + timedelta(milliseconds=number)
    return RescheduleConference(conference_id=conference_id, starts_at=starts_at)


@contextmanager
def product(database_url: str, folder: Path) -> Iterator[Product]:
    made = Product(database_url, folder)
    try:
        yield made
    finally:
        made.close()


async def in_flight(
    number: int, work: Callable[[], Awaitable[object]], seconds: float
) -> list[float]:
    """Seconds of each call, with so many under way at any moment, for so long."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def worker() -> None:
        while (began := time.perf_counter()) < end:
            await work()
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(worker() for _ in range(number)))
    return taken


def commands(made: Product, seconds: float, number: int = 64) -> list[float]:
    """Seconds of each command, so many in flight."""
    return made.run(lambda: in_flight(number, made.schedule, seconds))
