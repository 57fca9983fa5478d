"""An authority as the scheduler describes it, and the mailbox from which its letters go out."""

from typing import Any

from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.sealed import Sealed


class KnownAuthority(Aggregate):
    """Noted from the scheduler: the way to a school office leads over its district (R12), and letters name who invites.

    Authorities that an earlier version has noted have no name.
    """

    TOPIC = "invitations_known_authority"

    class Noted(Created):
        TOPIC = "invitations_known_authority.noted"
        district: str
        name: str | None = None

    class Changed(Aggregate.Event):
        TOPIC = "invitations_known_authority.changed"
        district: str
        name: str | None = None

    class HeadNoted(Aggregate.Event):
        TOPIC = "invitations_known_authority.head_noted"
        function: str

    class SenderSet(Aggregate.Event):
        """Replaces the sender that there was."""

        TOPIC = "invitations_known_authority.sender_set"
        email: Sealed[str]
        name: Sealed[str]

    @staticmethod
    def create_id(authority_id: str, **_: Any) -> str:
        return f"known:{authority_id}"

    @event(Noted)
    def __init__(self, authority_id: str, district: str, name: str | None = None) -> None:
        self.district = district
        self.name = name
        self.head: str | None = None
        self.has_sender = False

    def note(self, district: str, name: str) -> None:
        if (district, name) != (self.district, self.name):
            self._changed(district, name)

    @event(Changed)
    def _changed(self, district: str, name: str | None) -> None:
        self.district = district
        self.name = name

    def note_head(self, function: str) -> None:
        """Letters are signed by the function of the head."""
        if function != self.head:
            self._head_noted(function)

    @event(HeadNoted)
    def _head_noted(self, function: str) -> None:
        self.head = function

    def set_sender(self, email: Sealed[str], name: Sealed[str]) -> None:
        self._sender_set(email, name)

    @event(SenderSet)
    def _sender_set(self, email: Sealed[str], name: Sealed[str]) -> None:
        self.has_sender = True
