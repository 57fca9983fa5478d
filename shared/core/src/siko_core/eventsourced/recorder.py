"""The interface of the store: one transaction for events, answers and follower positions."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from siko_core.letters import Letter, LetterFilter
from siko_core.positions import Place, Standing, Step, Written


class UnitRecorder(ApplicationRecorder):
    """What the writer, the relay and readers need beyond the library's `ApplicationRecorder`."""

    @abstractmethod
    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] = ...,
        steps: Sequence[Step] = ...,
        letters: Sequence[Letter] = ...,
        **_: Any,
    ) -> Sequence[int]:
        """Commit all or nothing; returns the events' positions. Raises IntegrityError if a version, a command id or a step was taken.

        A letter that is stored already is updated: its attempts, and how it was settled.
        """

    @abstractmethod
    def exclusively(self) -> AbstractContextManager[None]:
        """A transaction in which no other process can commit; it commits at the end of the block."""

    @abstractmethod
    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Map each answered command id to its first answer (JSON) and that answer's position."""

    @abstractmethod
    def position_of(self, originator_id: str) -> int | None:
        """Position of the aggregate's last event, or None."""

    @abstractmethod
    def answered_at(
        self, command_ids: Sequence[str], *, of_anybody: bool = False
    ) -> Mapping[str, int | None]:
        """Map each answered command id to its answer's position, for readers beside the writer.

        `of_anybody`: the last position among the answers to all askers of the id (slow).
        """

    @abstractmethod
    def standing(self, position: int, limit: int) -> tuple[Standing, Sequence[Written]]:
        """The store's state and up to `limit` headers of the events after a position, read at one moment."""

    @abstractmethod
    def others_committed(self) -> bool:
        """Whether another process has announced a commit since the last `standing`. Does not block; may miss some."""

    @abstractmethod
    def foreign(self, position: int, limit: int, last: int) -> Sequence[Written]:
        """Up to `limit` headers of the events after `position` and up to `last`, inclusive."""

    @abstractmethod
    def events_of(self, originator_id: str, after: int, limit: int | None) -> Sequence[StoredEvent]:
        """An aggregate's events after a version, up to `limit` or all if that is None. For the writer alone."""

    @abstractmethod
    def place(self, producer: str) -> Place:
        """The checkpoint for this producer, inserted at 0 if there was none."""

    @abstractmethod
    def places(self) -> dict[str, Place]:
        """All checkpoints by producer."""

    @abstractmethod
    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` on commits of other processes; returns at once if the database has no notifications."""

    @abstractmethod
    def mark(self, key: str, value: str) -> str:
        """The store's note under this key; stores `value` if there was none."""

    @abstractmethod
    def parked(self) -> set[tuple[str, str]]:
        """Pairs of producer and aggregate id that have parked events."""

    @abstractmethod
    def count_parked(self) -> int: ...

    @abstractmethod
    def letters(self, selection: LetterFilter) -> list[Letter]: ...

    @abstractmethod
    def reserve(self, position: int) -> None:
        """Ensure that new events get only positions behind this one."""

    @abstractmethod
    def move(self, first: int, last: int, by: int) -> None:
        """Shift the events at positions `first` to `last` by `by`, and the positions of their answers with them."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections beyond the library's pool."""
