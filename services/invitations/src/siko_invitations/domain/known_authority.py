"""An authority as the scheduler describes it: the district that it lies in."""

from typing import Any

from siko_core.eventsourced.aggregates import Aggregate, Created, event


class KnownAuthority(Aggregate):
    """Noted from the scheduler, because the way to a school office leads over its district (R12)."""

    TOPIC = "invitations_known_authority"

    class Noted(Created):
        TOPIC = "invitations_known_authority.noted"
        district: str

    class Changed(Aggregate.Event):
        TOPIC = "invitations_known_authority.changed"
        district: str

    @staticmethod
    def create_id(authority_id: str, **_: Any) -> str:
        return f"known:{authority_id}"

    @event(Noted)
    def __init__(self, authority_id: str, district: str) -> None:
        self.district = district

    def note(self, district: str) -> None:
        if district != self.district:
            self._changed(district)

    @event(Changed)
    def _changed(self, district: str) -> None:
        self.district = district
