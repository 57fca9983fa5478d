"""Days, times and lists as Germans write them in a letter."""

from collections.abc import Sequence
from datetime import date, datetime

from siko_core.calendar import BERLIN, berlin_day

MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def day(day: date) -> str:
    """`10. März 2027`, with spaces at which no line ends."""
    return f"{day.day}.\N{NO-BREAK SPACE}{MONTHS[day.month - 1]}\N{NO-BREAK SPACE}{day.year}"


def weekday(of: date) -> str:
    """`Mittwoch, 10. März 2027`."""
    return f"{WEEKDAYS[of.weekday()]}, {day(of)}"


def time(moment: datetime) -> str:
    """`09:00 Uhr`; in the hour that a night of October has twice with its zone: `02:30 Uhr MESZ`."""
    local = moment.astimezone(BERLIN)
    other = local.replace(fold=1 - local.fold)
    zone = ""
    if local.utcoffset() != other.utcoffset():
        zone = "\N{NO-BREAK SPACE}MESZ" if local.dst() else "\N{NO-BREAK SPACE}MEZ"
    return f"{local:%H:%M}\N{NO-BREAK SPACE}Uhr{zone}"


def span(starts_at: datetime, ends_at: datetime | None) -> str:
    """`Mittwoch, 10. März 2027, 09:00 Uhr bis 12:00 Uhr`; a span over several days names the last one too."""
    first = berlin_day(starts_at)
    begin = f"{weekday(first)}, {time(starts_at)}"
    if ends_at is None:
        return begin
    last = berlin_day(ends_at)
    end = time(ends_at) if last == first else f"{weekday(last)}, {time(ends_at)}"
    return f"{begin} bis {end}"


def enumeration(words: Sequence[str]) -> str:
    """`Köln, Bonn und Leverkusen`."""
    *most, last = words
    return f"{', '.join(most)} und {last}" if most else last
