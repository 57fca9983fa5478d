"""What is parked: an event that fails for good, and the later ones of its aggregate, so that their order stays.

This decides; stores only keep. A letter is the event with all that applying it once more needs, and what became of it.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from siko_contracts.events import decode

from siko_core.faults import Fault, fault_of, is_permanent
from siko_core.follower.message import Followed
from siko_core.positions import Step

ATTEMPTS = 3
PAUSE_SECONDS = 0.05
MOST_CHARACTERS = 500
PARKED, REPLAYED, DISCARDED = "parked", "replayed", "discarded"


@dataclass(frozen=True)
class Letter:
    """A dead letter: one event, as it came, why it was put aside, and what was done about it.

    `error` is None where nothing is known to be wrong with it: it waits behind another of its aggregate.
    """

    id: str
    """`<producer>.<position>`, as the message's `ce-id`."""
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

    def opened(self) -> Followed:
        """As it arrived, read anew; raises what reading it ends with. `previous` counts no more."""
        return Followed(
            type=self.type,
            body=self.body,
            position=self.position,
            previous=0,
            sequence=self.sequence,
            event=decode(self.type, self.body),
            correlation_id=self.correlation_id,
            subject=self.aggregate_id,
        )

    def failed_again(self, fault: Fault) -> "Letter":
        attempts = self.attempts + fault.attempts
        return replace(self, error=fault.error, found_in=fault.found_in, attempts=attempts)


COLUMNS = tuple(field.name for field in fields(Letter))


@dataclass(frozen=True)
class Settlement:
    """What was done about parked events, when, by whom and why; the command's id tells its repeat."""

    state: str
    settled_at: str
    settled_by: str
    reason: str | None
    command_id: str

    def of(self, letter: Letter) -> Letter:
        return replace(letter, **asdict(self))


def divide(
    producer: str,
    batch: Sequence[Followed],
    parked: Collection[tuple[str, str]],
    fault: Fault | None = None,
) -> tuple[list[Followed], list[Letter]]:
    """What of a batch is to be applied, and what is to be parked.

    Parked is what cannot be read, what `fault` tells of (then the batch is that one event), and every event of an
    aggregate of which one is parked already; `parked` are pairs of producer and aggregate.
    """
    behind = {aggregate_id for of, aggregate_id in parked if of == producer}
    passed: list[Followed] = []
    letters: list[Letter] = []
    for each in batch:
        hindrance = fault or each.fault
        aggregate_id = _storable(each.aggregate_id)
        if hindrance or aggregate_id in behind:
            behind.add(aggregate_id)
            letters.append(_letter(producer, each, hindrance))
        else:
            passed.append(each)
    return passed, letters


def _letter(producer: str, each: Followed, fault: Fault | None) -> Letter:
    event_id = each.event.event_id if each.event else _event_id(each.body)
    return Letter(
        id=f"{producer}.{each.position}",
        producer=producer,
        position=each.position,
        sequence=each.sequence,
        type=_storable(each.type),
        aggregate_id=_storable(each.aggregate_id),
        event_id=_storable(event_id) if event_id else None,
        body=each.body,
        correlation_id=_storable(each.correlation_id) if each.correlation_id else None,
        error=fault.error if fault else None,
        found_in=fault.found_in if fault else None,
        attempts=fault.attempts if fault else 0,
        parked_at=now(),
    )


def _storable(text: str) -> str:
    """What fails because a database cannot keep it must not fail to be parked, too.

    PostgreSQL keeps no NUL in a text, and no long one in an index; no database keeps half a surrogate pair.
    """
    whole = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole[:MOST_CHARACTERS]


def _event_id(body: bytes) -> str | None:
    """Out of a body that is not what its type promises."""
    try:
        found = json.loads(body)["event_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def now() -> str:
    """The machine's time, also where the domain's clock is manual: an operator compares it with the logs."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def carefully(
    apply: Callable[..., Awaitable[Any]], producer: str, previous: int, batch: Sequence[Followed]
) -> None:
    """Apply a batch; what fails for good in it is found by halves and, alone and after three attempts, parked.

    `apply(batch, step)` applies, `apply([event], step, fault)` parks. What passes by itself is raised: the caller
    begins again from the stored place.
    """
    step = Step(producer, previous, batch[-1].position, batch[-1].sequence)
    fault: Fault | None = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await apply(batch, step)
        except Exception as error:
            if not is_permanent(error):
                raise
            fault = fault_of(error, attempt)
        else:
            return
        if len(batch) > 1:
            half = len(batch) // 2
            await carefully(apply, producer, previous, batch[:half])
            await carefully(apply, producer, batch[half - 1].position, batch[half:])
            return
        await asyncio.sleep(PAUSE_SECONDS * attempt)
    await apply(batch, step, fault)
