"""A body as the scheduler described it last, and how it is reached."""

from datetime import date
from typing import Any

from siko_contracts.values import CompetentBody, Route, Value
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import InvalidCommand
from siko_core.sealed import Sealed


class Description(Value):
    """A body as the register has it; the addressee is its leadership function, a role (R11)."""

    name: str
    category: str
    areas: tuple[str, ...] = ()
    motorway_authority_ids: tuple[str, ...] = ()
    route: Route
    via: str | None = None
    leadership_function: str
    valid_from: date


class KnownBody(Aggregate):
    """Noted from the scheduler; its contact is kept here alone, and sealed."""

    TOPIC = "invitations_known_body"

    class Noted(Created):
        TOPIC = "invitations_known_body.noted"
        body_id: str
        description: Description

    class Changed(Aggregate.Event):
        TOPIC = "invitations_known_body.changed"
        description: Description

    class Closed(Aggregate.Event):
        TOPIC = "invitations_known_body.closed"
        valid_to: date

    class ContactSet(Aggregate.Event):
        """Replaces the whole contact."""

        TOPIC = "invitations_known_body.contact_set"
        email: Sealed[str] | None = None
        postal_address: Sealed[tuple[str, ...]] | None = None
        salutation: Sealed[str] | None = None
        name: Sealed[str] | None = None

    @staticmethod
    def create_id(body_id: str, **_: Any) -> str:
        return f"known:{body_id}"

    @event(Noted)
    def __init__(self, body_id: str, description: Description) -> None:
        self.body_id = body_id
        self.description = description
        self.valid_to: date | None = None
        self.has_contact = False
        self.email: Sealed[str] | None = None

    def note(self, description: Description) -> None:
        if (description, None) != (self.description, self.valid_to):
            self._changed(description)

    @event(Changed)
    def _changed(self, description: Description) -> None:
        self.description = description
        self.valid_to = None

    def note_closed(self, valid_to: date) -> None:
        if self.valid_to != valid_to:
            self._closed(valid_to)

    @event(Closed)
    def _closed(self, valid_to: date) -> None:
        self.valid_to = valid_to

    def set_contact(
        self,
        email: Sealed[str] | None,
        postal_address: Sealed[tuple[str, ...]] | None,
        salutation: Sealed[str] | None,
        name: Sealed[str] | None,
    ) -> None:
        if email is None and postal_address is None:
            raise InvalidCommand(email="give an e-mail or a postal address")
        self._contact_set(email, postal_address, salutation, name)

    @event(ContactSet)
    def _contact_set(
        self,
        email: Sealed[str] | None,
        postal_address: Sealed[tuple[str, ...]] | None,
        salutation: Sealed[str] | None,
        name: Sealed[str] | None,
    ) -> None:
        self.has_contact = True
        self.email = email

    def is_open_on(self, day: date) -> bool:
        return self.valid_to is None or day <= self.valid_to

    def for_conference(self, areas: tuple[str, ...]) -> CompetentBody:
        """As an entry of a list: its areas are those of the conference that it is competent in."""
        description = self.description
        return CompetentBody(
            body_id=self.body_id,
            category=description.category,
            areas=tuple(area for area in areas if area in description.areas),
            route=description.route,
            via=description.via,
        )
