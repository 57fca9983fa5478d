"""An invitation of AG Leverkusen to a conference of Cologne, as a calendar gets it."""

from datetime import UTC, datetime
from typing import Any

from siko_itip.mailboxes import Mailbox
from siko_itip.objects import Appointment, Times

CONFERENCE = "0193a1c2-7d3e-7f00-8000-000000000001"
BODY = "ag-leverkusen"
ORGANIZER = Mailbox(email="siko@pp-koeln.example", name="Polizeipräsidium Köln")
ATTENDEE = Mailbox(email="poststelle@ag-leverkusen.example", name="Amtsgericht Leverkusen")
SUMMER = Times(
    starts_at=datetime(2027, 7, 1, 7, 0, tzinfo=UTC),
    ends_at=datetime(2027, 7, 1, 10, 0, tzinfo=UTC),
)
STAMP = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def appointment(**other: Any) -> Appointment:
    given: dict[str, Any] = {
        "conference_id": CONFERENCE,
        "body_id": BODY,
        "kind": "siko",
        "times": SUMMER,
        "place": "Polizeipräsidium Köln, großer Sitzungssaal",
        "sequence": 0,
        "stamp": STAMP,
        "organizer": ORGANIZER,
        "attendee": ATTENDEE,
    }
    return Appointment(**(given | other))
