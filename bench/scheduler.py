"""Scheduling: `schedule_conference` for a date in 2008, the command with the most rules.

It reads authority, area and rulesets, judges R5, R9, R32 and R33, and makes one event, because years before 2023 have
no obligations.
"""

from datetime import datetime, timedelta
from typing import Any

from siko.roles import SignIn
from siko_contracts.answers import Answer
from siko_contracts.commands.scheduler import (
    AssignArea,
    RegisterAuthority,
    RescheduleConference,
    ScheduleConference,
)
from siko_scheduler.application import Scheduler
from siko_scheduler.domain.authority import Authority
from siko_scheduler.service import service

from bench.replica import AUTHORITY, Replica

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


class Scheduling(Replica):
    APPLICATION = Scheduler
    COMMANDS = service.commands

    async def one(self) -> Answer:
        return await self.perform(ScheduleConference.model_validate(SCHEDULE))

    async def prepare(self) -> None:
        if not self.application.find(Authority, AUTHORITY):
            for command, fields in REGISTER:
                await self.perform(command.model_validate(fields))


def moved(conference_id: str, number: int) -> RescheduleConference:
    """Return the command that moves a conference of `SCHEDULE` by `number` milliseconds: one event too, on the same day."""
    starts_at = datetime.fromisoformat(str(SCHEDULE["starts_at"])) + timedelta(milliseconds=number)
    return RescheduleConference(conference_id=conference_id, starts_at=starts_at)
