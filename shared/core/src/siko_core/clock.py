"""What time it is: the system's clock, or one that only commands move (contracts §4)."""

from datetime import UTC, date, datetime
from typing import Literal

from siko_contracts.values import in_utc

from siko_core.calendar import ONE_DAY, berlin_day, day_begins
from siko_core.refusals import InvalidCommand

MANUAL_START = day_begins(date(2007, 1, 1))


class Clock:
    """Never runs backwards while it is manual; the system's is what the system says."""

    def __init__(
        self, mode: Literal["system", "manual"], last_recorded: datetime | None = None
    ) -> None:
        self.manual = mode == "manual"
        self._latest = in_utc(max(MANUAL_START, last_recorded or MANUAL_START))

    def now(self, asked: datetime | None = None) -> datetime:
        """`asked`: what a command brings (header Siko-Now, or the day it begins); manual only.

        That alone moves nothing: what is refused has not happened.
        """
        if not self.manual:
            return datetime.now(UTC)
        return self._latest if asked is None else in_utc(max(self._latest, asked))

    def observe(self, moment: datetime) -> None:
        """Something was recorded then, here or by another service: what comes next cannot be earlier."""
        self._latest = in_utc(max(self._latest, moment))

    def parse(self, header: str) -> datetime:
        """The Siko-Now header; InvalidCommand that names it where it is refused or malformed."""
        if not self.manual:
            raise InvalidCommand(
                "Siko-Now is taken by the manual clock only (SIKO_CLOCK=manual)",
                **{"Siko-Now": "the system clock runs"},
            )
        try:
            moment = datetime.fromisoformat(header)
        except ValueError:
            raise InvalidCommand(**{"Siko-Now": "not an RFC 3339 time"}) from None
        if moment.tzinfo is None:
            raise InvalidCommand(**{"Siko-Now": "a time needs an offset"})
        try:
            return in_utc(moment)
        except ValueError as error:
            raise InvalidCommand(**{"Siko-Now": str(error)}) from None


def seconds_to_next_day(now: datetime) -> float:
    """Until the next Berlin midnight."""
    midnight = day_begins(berlin_day(now) + ONE_DAY)
    return (midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()
