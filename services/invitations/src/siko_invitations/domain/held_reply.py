"""What came back to an authority's mailbox and is no answer that counts: it is kept until somebody has looked at it."""

from typing import Any

from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.sealed import Sealed


class HeldReply(Aggregate):
    TOPIC = "held_reply"

    class Held(Created):
        """`cause`: why, in a word of ours. `attendee`: for whom a calendar answered."""

        TOPIC = "held_reply.held"
        reply_id: str
        cause: str
        conference_id: str | None = None
        body_id: str | None = None
        answer: str | None = None
        sender: Sealed[str] | None = None
        attendee: Sealed[str] | None = None
        text: Sealed[str] | None = None

    class Settled(Aggregate.Event):
        TOPIC = "held_reply.settled"
        reply_id: str

    @staticmethod
    def create_id(reply_id: str, **_: Any) -> str:
        return reply_id

    @event(Held)
    def __init__(
        self,
        *,
        authority_id: str,
        reply_id: str,
        cause: str,
        conference_id: str | None,
        body_id: str | None,
        answer: str | None,
        sender: Sealed[str] | None,
        attendee: Sealed[str] | None,
        text: Sealed[str] | None,
    ) -> None:
        self.is_settled = False

    def settle(self) -> None:
        if not self.is_settled:
            self._settled(self.id)

    @event(Settled)
    def _settled(self, reply_id: str) -> None:
        self.is_settled = True
