"""Rows of an event store: the event of each, its sealed texts opened, and its faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from eventsourcing.persistence import Notification, StoredEvent
from siko_contracts.events import Event
from siko_contracts.queries.audit import DifferenceItem

from siko_core.comparison.differences import Stored
from siko_core.eventsourced.aggregates import DomainEvent
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.history import Epochs, History, first_epoch, id_of
from siko_core.faults import is_permanent
from siko_core.metadata import service_actor
from siko_core.publishing import Contracts, to_contract
from siko_core.refusals import SealBroken
from siko_core.relay.message import event_message
from siko_core.sealed import ERASED, Sealed, sealed_fields

UNREADABLE = "unlesbar"
"""Shown in place of a sealed text that cannot be opened."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed field of an event. `erased`: its key is gone; `broken`: the ciphertext was moved or changed."""

    field: str
    seal_id: str
    state: Literal["open", "erased", "broken"]
    value: Any

    @property
    def shown(self) -> dict[str, str]:
        return {"field": self.field, "seal_id": self.seal_id, "state": self.state}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the store; `event` and `contract` are None if it cannot be read as an event."""

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
        """Codes of `DifferenceItem` for the faults of the row itself."""
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
        self._recorder = application.recorder
        self._contracts = contracts
        self._service = service_actor(application.name)

    def behind(self, position: int, limit: int) -> list[Row]:
        """Up to `limit` rows behind a position, each with a `Notification`.

        Behind 0 this includes rows at positions that are never given: no relay would publish them, but aggregates
        load them.
        """
        start = position or None
        return self.read(
            self._recorder.select_notifications(start, limit, inclusive_of_start=False)
        )

    def read(self, stored: Sequence[StoredEvent]) -> list[Row]:
        """Read stored events as rows; one that cannot be read becomes a row without an event."""
        pairs = [self._read_event(record) for record in stored]
        last_positions = {
            pair[0].metadata.command_id: _position(record) or 0
            for record, pair in zip(stored, pairs, strict=True)
            if pair
        }
        answered = self._answered({id_: last for id_, last in last_positions.items() if id_})
        return [
            self._row(record, *pair, answered) if pair else Row(record)
            for record, pair in zip(stored, pairs, strict=True)
        ]

    def stored(self, row: Row) -> Stored:
        """The row with the message that the relay would publish. The row must have a position."""
        position = _position(row.stored) or 0
        message = None
        if row.event is not None and row.contract is not None:
            name, epoch = self._application.name, self.epochs.at(position)
            message = event_message(name, row.event, row.contract, position, epoch=epoch)
        return Stored(position, row.event_id, message)

    def lost(self) -> list[tuple[int, int]]:
        """First and last of each run of positions that the store gave up after a restore."""
        return [(loss.first, loss.last) for loss in self._losses()]

    @cached_property
    def epochs(self) -> Epochs:
        """The store's epochs. They change only while its service is stopped."""
        return Epochs(first_epoch(self._application), self._losses())

    def _losses(self) -> list[History.Lost]:
        rows = self.read(self._recorder.select_events(id_of(self._application)))
        return [row.event for row in rows if isinstance(row.event, History.Lost)]

    def opened(self, owner: str, field: str, sealed: Sealed[Any]) -> Seal:
        """Open a sealed field of an event. `owner`: the id of the event's aggregate."""
        try:
            value = self._application.keyring.open(owner, field, sealed)
        except SealBroken:
            return Seal(field, sealed.seal_id, "broken", UNREADABLE)
        # compare by identity: a text may have the same words
        return Seal(field, sealed.seal_id, "erased" if value is ERASED else "open", value)

    def _answered(self, commands: Mapping[str, int]) -> Mapping[str, int | None]:
        """Map each of these commands to the position of its answer. `commands`: id to position of its last event."""
        if not commands:
            return {}
        answered = dict(self._recorder.answered_at(list(commands)))
        doubtful = [id_ for id_, last in commands.items() if (answered.get(id_) or 0) < last]
        if doubtful:  # another asker may have used the id first
            answered |= self._recorder.answered_at(doubtful, of_anybody=True)
        return answered

    def _read_event(self, stored: StoredEvent) -> tuple[DomainEvent, Event] | None:
        """The event and its contract; None if it cannot be read. Raises errors that may pass by themselves."""
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
        seals = [
            self.opened(event.originator_id, field, sealed)
            for field, sealed in sealed_fields(event)
        ]
        return Row(
            stored, event, contract, seals, self._is_decided(event, _position(stored), answered)
        )

    def _is_decided(
        self, event: DomainEvent, position: int | None, answered: Mapping[str, int | None]
    ) -> bool:
        """Whether the event was decided by the service itself, or by a command.

        A command's answer is stored with the last position of its commit.
        """
        command_id = event.metadata.command_id
        if command_id is None:
            return event.metadata.actor == self._service or isinstance(event, History.Lost)
        last = answered.get(command_id)
        return last is not None and (position is None or position <= last)


def _position(stored: StoredEvent) -> int | None:
    return stored.id if isinstance(stored, Notification) else None
