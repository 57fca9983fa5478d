"""The store's interface for the writer: one transaction for events, answers and follower positions."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from eventsourcing.persistence import Notification, StoredEvent

from siko_core.follower.parking import Letter
from siko_core.positions import Place, Standing, Step, Written
from siko_core.store.dead_letters import Sought


class UnitRecorder(Protocol):
    """What writer and relay need beyond the library's `ApplicationRecorder`."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] = ...,
        steps: Sequence[Step] = ...,
        letters: Sequence[Letter] = ...,
    ) -> Sequence[int] | None:
        """Commit all or nothing. Raises IntegrityError if a version, a command id or a step was taken.

        A letter that is stored already is updated: its attempts, and how it was settled.
        """

    def exclusively(self) -> AbstractContextManager[None]:
        """A transaction in which no other process can commit; it commits at the end of the block."""

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Map each answered command id to its first answer (JSON) and that answer's position."""

    def position_of(self, originator_id: str) -> int | None:
        """Position of the aggregate's last event, or None."""

    def answered_at(
        self, command_ids: Sequence[str], *, of_anybody: bool = False
    ) -> Mapping[str, int | None]:
        """Map each answered command id to its answer's position, for readers beside the writer.

        `of_anybody`: the last position among the answers to all askers of the id (slow).
        """

    def standing(self, position: int, limit: int) -> tuple[Standing, Sequence[Written]]:
        """The store's state and up to `limit` headers of the events after a position, read at one moment."""

    def others_committed(self) -> bool:
        """Whether another process has announced a commit since the last `standing`. Does not block; may miss some."""

    def foreign(self, position: int, limit: int, last: int) -> Sequence[Written]:
        """Up to `limit` headers of the events after `position` and up to `last`, inclusive."""

    def events_of(self, originator_id: str, after: int, limit: int | None) -> Sequence[StoredEvent]:
        """An aggregate's events after a version, up to `limit` or all if that is None. For the writer alone."""

    def place(self, producer: str) -> Place:
        """The checkpoint for this producer, inserted at 0 if there was none."""

    def places(self) -> dict[str, Place]:
        """All checkpoints by producer."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Block, and call `wake` on commits of other processes; returns at once if the database has no notifications."""

    def mark(self, key: str, value: str) -> str:
        """The store's note under this key; stores `value` if there was none."""

    def parked(self) -> set[tuple[str, str]]:
        """Pairs of producer and aggregate id that have parked events."""

    def count_parked(self) -> int: ...

    def letters(self, sought: Sought) -> list[Letter]: ...

    def reserve(self, position: int) -> None:
        """Ensure that new events get only positions behind this one."""

    def move(self, first: int, last: int, by: int) -> None:
        """Shift the events at positions `first` to `last` by `by`, and the positions of their answers with them."""

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
