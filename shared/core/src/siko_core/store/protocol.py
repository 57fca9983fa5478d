"""What the writer asks of a store: one transaction for events, answers and follower positions."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from eventsourcing.persistence import Notification, StoredEvent

from siko_core.eventsourced.snapshots import Snapshot
from siko_core.follower.parking import Letter
from siko_core.positions import Place, Standing, Step, Written
from siko_core.store.dead_letters import Sought


class UnitRecorder(Protocol):
    """What the writer and the relay need beyond the library's `ApplicationRecorder`."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] = ...,
        steps: Sequence[Step] = ...,
        letters: Sequence[Letter] = ...,
    ) -> Sequence[int] | None:
        """Commit all or nothing; IntegrityError if a version, a command id or a step was taken.

        A letter that is kept already changes: what was tried since, and what became of it.
        """

    def exclusively(self) -> AbstractContextManager[None]:
        """No other process commits within; what is inserted within is committed at the end."""

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Command id -> first answer as JSON and its position."""

    def position_of(self, originator_id: str) -> int | None:
        """Of the aggregate's last event."""

    def answered_at(
        self, command_ids: Sequence[str], *, of_anybody: bool = False
    ) -> Mapping[str, int | None]:
        """Command id -> position of its answer, for who reads beside the writer.

        `of_anybody`: the last one, also where somebody else had used the id before (slow).
        """

    def standing(self, position: int, limit: int) -> tuple[Standing, Sequence[Written]]:
        """Where the store stands, and so many of the events after a position; of one moment."""

    def others_committed(self) -> bool:
        """Whether another process has told of a commit since `standing` was asked. Waits for nothing, may miss some."""

    def foreign(self, position: int, limit: int, last: int) -> Sequence[Written]:
        """So many of the events after a position and up to the last one."""

    def events_of(self, originator_id: str, after: int, limit: int | None) -> Sequence[StoredEvent]:
        """So many of an aggregate's events that follow a version, for the writer alone; all with no limit."""

    def place(self, producer: str) -> Place: ...

    def places(self) -> dict[str, Place]: ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` on every commit of any process, where the database can tell; returns where it cannot."""

    def mark(self, key: str, value: str) -> str:
        """The store's own note under this key; written now if there was none."""

    def parked(self) -> set[tuple[str, str]]:
        """Producers and aggregates of which something is parked."""

    def count_parked(self) -> int: ...

    def letters(self, sought: Sought) -> list[Letter]: ...

    def snapshot(self, originator_id: str, form: str) -> Snapshot | None:
        """What code of that form has kept."""

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """In the place of the one before it, in a commit of its own."""

    def reserve(self, position: int) -> None:
        """Never give this id, nor one before it, to a new event."""

    def move(self, first: int, last: int, by: int) -> None:
        """Give the events at these positions others, so many further on; their answers' positions go along."""

    def max_notification_id(self) -> int | None: ...

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]: ...
