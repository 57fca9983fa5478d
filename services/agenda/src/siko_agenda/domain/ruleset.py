"""The agenda's part of the ruleset `nrw-2024.1`: what was decided where the order is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from siko_core.calendar import BERLIN


@dataclass(frozen=True)
class Ruleset:
    name: str
    days_for_submissions: int
    """The deadline lies so many days before the start, at the same time of day (R20, decided)."""

    def deadline(self, starts_at: datetime) -> datetime:
        return starts_at.astimezone(BERLIN) - timedelta(days=self.days_for_submissions)


NRW_2024_1 = Ruleset("nrw-2024.1", days_for_submissions=7)
