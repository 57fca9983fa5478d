"""The clock: the system's, or a manual one that only commands advance (contracts §4)."""

from datetime import UTC, date, datetime
from typing import Literal

from siko_contracts.values import in_utc

from siko_core.calendar import ONE_DAY, berlin_day, day_begins
from siko_core.refusals import InvalidCommand

MANUAL_START = day_begins(date(2007, 1, 1))


class Clock:
    """Reads the time. The manual clock never runs backwards; for the system's clock the system is trusted."""

    def __init__(
        self, mode: Literal["system", "manual"], last_recorded: datetime | None = None
    ) -> None:
        self.manual = mode == "manual"
        self._latest = in_utc(max(MANUAL_START, last_recorded or MANUAL_START))

    def now(self, asked: datetime | None = None) -> datetime:
        """Return the current time. `asked` is the time a command brings (header Siko-Now, or the day it begins); manual only.

        Asking does not advance the clock: a command that is refused has not happened.
        """
        if not self.manual:
            return datetime.now(UTC)
        return self._latest if asked is None else in_utc(max(self._latest, asked))

    def observe(self, moment: datetime) -> None:
        """Advance the manual clock to a time recorded here or by another service: what follows cannot be earlier."""
        self._latest = in_utc(max(self._latest, moment))

    def parse(self, header: str) -> datetime:
        """Parse the header Siko-Now. Raises InvalidCommand, naming it, if it is malformed or the clock is not manual."""
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
    """Return the seconds until the next midnight in Berlin."""
    midnight = day_begins(berlin_day(now) + ONE_DAY)
    return (midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()
