"""The scheduler's commands and its reactions to what others did: load, call, save."""

from typing import ClassVar

from siko_core.calendar import berlin_day

from siko_scheduler.application.bodies import BodyCommands
from siko_scheduler.application.clock import ClockCommands
from siko_scheduler.application.conferences import ConferenceCommands
from siko_scheduler.application.nil_reports import NilReportCommands
from siko_scheduler.application.planning import PlanningCommands
from siko_scheduler.application.policy import Policy
from siko_scheduler.application.register import RegisterCommands
from siko_scheduler.domain.area import Area
from siko_scheduler.domain.conference import Conference

__all__ = ["Scheduler"]


class Scheduler(
    RegisterCommands,
    BodyCommands,
    PlanningCommands,
    ConferenceCommands,
    NilReportCommands,
    ClockCommands,
    Policy,
):
    """Competence register, conferences, obligations and the clock."""

    name = "scheduler"
    NAMED: ClassVar = {
        "conference_id": (Conference, "{}"),
        "like": (Conference, "{}"),
        "area": (Area, "area:{}"),
    }

    def authority_of(self, field: str, named: str) -> str | None:
        """R6: an area is whose it is today."""
        if field != "area":
            return super().authority_of(field, named)
        area = self.find(Area, Area.create_id(named))
        assignment = area.assignment_on(berlin_day(self.now)) if area else None
        return assignment.authority_id if assignment else None
