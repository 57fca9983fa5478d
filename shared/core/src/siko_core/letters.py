"""Dead letters: events that failed permanently and were parked, with all that a replay needs, and their outcome."""

from dataclasses import asdict, dataclass, fields, replace

from siko_core.faults import Fault

PARKED, REPLAYED, DISCARDED = "parked", "replayed", "discarded"


@dataclass(frozen=True)
class Letter:
    """A dead letter: one event as it arrived, why it was parked, and how it was settled.

    `error` is None if no fault of the event itself is known: it waits behind a parked one of its aggregate.
    """

    id: str
    """`<producer>.<position>`, equal to the message's `ce-id`."""
    producer: str
    position: int
    sequence: int
    type: str
    aggregate_id: str
    event_id: str | None
    body: bytes
    correlation_id: str | None
    error: str | None
    found_in: str | None
    attempts: int
    parked_at: str
    state: str = PARKED
    settled_at: str | None = None
    settled_by: str | None = None
    reason: str | None = None
    command_id: str | None = None

    def failed_again(self, fault: Fault) -> "Letter":
        attempts = self.attempts + fault.attempts
        return replace(self, error=fault.error, found_in=fault.found_in, attempts=attempts)


COLUMNS = tuple(field.name for field in fields(Letter))


@dataclass(frozen=True)
class Settlement:
    """The settlement of parked events: outcome, time, actor and reason; the command's id makes it idempotent."""

    state: str
    settled_at: str
    settled_by: str
    reason: str | None
    command_id: str

    def of(self, letter: Letter) -> Letter:
        return replace(letter, **asdict(self))


@dataclass(frozen=True)
class LetterFilter:
    """Selects letters; the given conditions are combined with AND."""

    id: str | None = None
    producer: str | None = None
    aggregate_id: str | None = None
    state: str | None = None
    command_id: str | None = None
    up_to: int | None = None
    """Highest position, inclusive."""
    after: tuple[str, int] | None = None
    """Cursor: producer and position of the last letter of the page before."""
    limit: int | None = None
