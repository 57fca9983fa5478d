"""The time zone of the objects: Berlin's by two yearly rules, which every calendar reads alike.

The library's own `add_missing_timezones` writes single dates instead, and other readers are an hour off all summer.
"""

from icalendar import Timezone
from siko_core.calendar import BERLIN

ZONE = BERLIN.key
VTIMEZONE = Timezone.from_ical(
    "\r\n".join(
        (
            "BEGIN:VTIMEZONE",
            f"TZID:{ZONE}",
            "BEGIN:DAYLIGHT",
            "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0200",
            "TZNAME:CEST",
            "DTSTART:19810329T020000",
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "END:DAYLIGHT",
            "BEGIN:STANDARD",
            "TZOFFSETFROM:+0200",
            "TZOFFSETTO:+0100",
            "TZNAME:CET",
            "DTSTART:19961027T030000",
            "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
            "END:STANDARD",
            "END:VTIMEZONE",
        )
    )
)
