"""The scheduler's commands and its reactions to what others did: load, call, save."""

from typing import ClassVar

from siko_scheduler.application.bodies import BodyCommands
from siko_scheduler.application.clock import ClockCommands
from siko_scheduler.application.conferences import ConferenceCommands
from siko_scheduler.application.policy import Policy
from siko_scheduler.application.register import RegisterCommands

__all__ = ["Scheduler"]


class Scheduler(RegisterCommands, BodyCommands, ConferenceCommands, ClockCommands, Policy):
    """Competence register, conferences, obligations and the clock."""

    name = "scheduler"
    NAMED: ClassVar = {"conference_id": "{}", "area": "area:{}"}
