"""A partner body as the scheduler describes it, as far as the agenda's rules ask for it (R28)."""

from datetime import date
from typing import Any

from siko_core.eventsourced.aggregates import Aggregate, Created, event


class KnownBody(Aggregate):
    TOPIC = "agenda_known_body"

    class Noted(Created):
        TOPIC = "agenda_known_body.noted"
        body_id: str
        category: str

    class Changed(Aggregate.Event):
        TOPIC = "agenda_known_body.changed"
        category: str

    class Closed(Aggregate.Event):
        TOPIC = "agenda_known_body.closed"
        valid_to: date

    @staticmethod
    def create_id(body_id: str, **_: Any) -> str:
        return f"known:{body_id}"

    @event(Noted)
    def __init__(self, body_id: str, category: str, id: str | None = None) -> None:  # noqa: A002
        self.body_id = body_id
        self.category = category
        self.valid_to: date | None = None

    def note(self, category: str) -> None:
        if (category, None) != (self.category, self.valid_to):
            self._changed(category)

    @event(Changed)
    def _changed(self, category: str) -> None:
        self.category = category
        self.valid_to = None

    def note_closed(self, valid_to: date) -> None:
        if valid_to != self.valid_to:
            self._closed(valid_to)

    @event(Closed)
    def _closed(self, valid_to: date) -> None:
        self.valid_to = valid_to
