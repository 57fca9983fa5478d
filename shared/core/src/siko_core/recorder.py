"""What the writer asks of a store: one transaction for events, answers and follower positions."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from eventsourcing.persistence import Notification, StoredEvent

from siko_core.steps import Place, Step


class UnitRecorder(Protocol):
    """What the writer and the relay need beyond the library's `ApplicationRecorder`."""

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        answers: Mapping[str, str] = ...,
        steps: Sequence[Step] = ...,
    ) -> Sequence[int] | None:
        """Commit all or nothing; IntegrityError if a version, a command id or a step was taken."""

    def exclusively(self) -> AbstractContextManager[None]:
        """No other process commits within; what is inserted within is committed at the end."""

    def answered(self, command_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Command id -> first answer as JSON and its position."""

    def place(self, producer: str) -> Place: ...

    def places(self) -> dict[str, Place]: ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` on every commit of any process, where the database can tell; returns where it cannot."""

    def mark(self, key: str, value: str) -> str:
        """The store's own note under this key; written now if there was none."""

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
