"""A row of an event store: the event that it holds, its sealed texts opened, and what speaks against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eventsourcing.persistence import Notification, StoredEvent
from siko_contracts.events import Event
from siko_contracts.queries import DifferenceItem
from siko_contracts.values import NRW, Actor

from siko_core.comparison.differences import Stored
from siko_core.eventsourced.aggregates import DomainEvent
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.history import History
from siko_core.faults import is_permanent
from siko_core.publishing import Contracts, to_contract
from siko_core.refusals import SealBroken
from siko_core.relay.message import event_message
from siko_core.sealed import ERASED, Sealed, sealed_fields

UNREADABLE = "unlesbar"
"""What a reader sees in place of a sealed text that does not open."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed field of an event. `erased`: its key is gone; `broken`: this is not what was sealed here."""

    field: str
    seal_id: str
    state: Literal["open", "erased", "broken"]
    value: Any

    @property
    def shown(self) -> dict[str, str]:
        return {"field": self.field, "seal_id": self.seal_id, "state": self.state}


@dataclass(frozen=True, slots=True)
class Row:
    """`event` and `contract` are None where the row cannot be read as an event."""

    stored: StoredEvent
    event: DomainEvent | None = None
    contract: Event | None = None
    seals: Sequence[Seal] = ()
    is_decided: bool = True

    @property
    def event_id(self) -> str:
        return f"{self.stored.originator_id}@{self.stored.originator_version}"

    @property
    def faults(self) -> list[str]:
        """Codes of `DifferenceItem`, for what is wrong with the row by itself."""
        broken = any(seal.state == "broken" for seal in self.seals)
        return [
            *(["Unreadable"] if self.event is None else []),
            *([] if self.is_decided else ["Undecided"]),
            *(["SealBroken"] if broken else []),
        ]

    def differences(self, position: int) -> list[DifferenceItem]:
        """The faults as items."""
        broken = tuple(seal.field for seal in self.seals if seal.state == "broken")
        return [
            DifferenceItem(
                position=position,
                event_id=self.event_id,
                code=code,
                fields=broken if code == "SealBroken" else (),
            )
            for code in self.faults
        ]


class Rows:
    """Reads the rows of one application's store, beside its writer."""

    def __init__(self, application: EventSourcedApplication, contracts: Contracts) -> None:
        self._application = application
        self._recorder: Any = application.recorder
        self._contracts = contracts
        self._service = Actor(function=f"service {application.name}", body_id=NRW)

    def behind(self, position: int, limit: int) -> list[Row]:
        """So many of the rows that follow a position, each with a `Notification`.

        Behind 0 also those at positions that are never given: nobody would publish them, and aggregates have them.
        """
        start = position or None
        return self.read(
            self._recorder.select_notifications(start, limit, inclusive_of_start=False)
        )

    def read(self, stored: Sequence[StoredEvent]) -> list[Row]:
        told = [self._told(each) for each in stored]
        made = {
            both[0].metadata.command_id: _position(each) or 0
            for each, both in zip(stored, told, strict=True)
            if both
        }
        answered = self._answered({id_: last for id_, last in made.items() if id_})
        return [
            self._row(each, *both, answered) if both else Row(each)
            for each, both in zip(stored, told, strict=True)
        ]

    def stored(self, row: Row) -> Stored:
        """What the relay would publish of a row that has a position."""
        position = _position(row.stored) or 0
        message = None
        if row.event is not None and row.contract is not None:
            message = event_message(self._application.name, row.event, row.contract, position)
        return Stored(position, row.event_id, message)

    def lost(self) -> list[tuple[int, int]]:
        """First and last of the positions that the store has given up after a restore."""
        rows = self.read(self._recorder.select_events(f"history:{self._application.name}"))
        return [(r.event.first, r.event.last) for r in rows if isinstance(r.event, History.Lost)]

    def _answered(self, commands: Mapping[str, int]) -> Mapping[str, int | None]:
        """Where these commands were answered, that have made events at these positions."""
        if not commands:
            return {}
        answered = dict(self._recorder.answered_at(list(commands)))
        doubtful = [id_ for id_, last in commands.items() if (answered.get(id_) or 0) < last]
        if doubtful:  # somebody else may have used the id before
            answered |= self._recorder.answered_at(doubtful, of_anybody=True)
        return answered

    def _told(self, stored: StoredEvent) -> tuple[DomainEvent, Event] | None:
        try:
            event: DomainEvent = self._application.mapper.to_domain_event(stored)
            return event, to_contract(self._contracts, event)
        except Exception as error:
            if not is_permanent(error):
                raise
            return None

    def _row(
        self,
        stored: StoredEvent,
        event: DomainEvent,
        contract: Event,
        answered: Mapping[str, int | None],
    ) -> Row:
        seals = [self._opened(event.originator_id, *found) for found in sealed_fields(event)]
        return Row(
            stored, event, contract, seals, self._is_decided(event, _position(stored), answered)
        )

    def _opened(self, owner: str, field: str, sealed: Sealed[Any]) -> Seal:
        try:
            value = self._application.keyring.open(owner, field, sealed)
        except SealBroken:
            return Seal(field, sealed.seal_id, "broken", UNREADABLE)
        # the constant itself: a text may read the same
        return Seal(field, sealed.seal_id, "erased" if value is ERASED else "open", value)

    def _is_decided(
        self, event: DomainEvent, position: int | None, answered: Mapping[str, int | None]
    ) -> bool:
        """By a command whose answer is kept with the last position of its commit, or by the service itself."""
        command_id = event.metadata.command_id
        if command_id is None:
            return event.metadata.actor == self._service or isinstance(event, History.Lost)
        last = answered.get(command_id)
        return last is not None and (position is None or position <= last)


def _position(stored: StoredEvent) -> int | None:
    return stored.id if isinstance(stored, Notification) else None
