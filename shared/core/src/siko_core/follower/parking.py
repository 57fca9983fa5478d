"""Parking: an event that fails permanently becomes a dead letter, with the later ones of its aggregate to keep their order.

This module decides; stores only persist.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from siko_contracts.events import decode

from siko_core.faults import Fault, fault_of, is_permanent
from siko_core.follower.message import Followed
from siko_core.letters import Letter
from siko_core.positions import Step

ATTEMPTS = 3
PAUSE_SECONDS = 0.05
MOST_CHARACTERS = 500


def opened(letter: Letter) -> Followed:
    """Decode a letter's event again for a replay. Raises whatever decoding raises. `previous` no longer matters and is 0."""
    return Followed(
        type=letter.type,
        body=letter.body,
        position=letter.position,
        previous=0,
        sequence=letter.sequence,
        event=decode(letter.type, letter.body),
        correlation_id=letter.correlation_id,
        subject=letter.aggregate_id,
    )


def divide(
    producer: str,
    batch: Sequence[Followed],
    parked: Collection[tuple[str, str]],
    fault: Fault | None = None,
) -> tuple[list[Followed], list[Letter]]:
    """Split a batch into the events to apply and the letters to park.

    An event is parked if it cannot be read, if `fault` is given (the batch then holds that one event), or if one of
    its aggregate is parked already; `parked` are pairs of producer and aggregate.
    """
    behind = {aggregate_id for of, aggregate_id in parked if of == producer}
    passed: list[Followed] = []
    letters: list[Letter] = []
    for followed in batch:
        hindrance = fault or followed.fault
        aggregate_id = _storable(followed.aggregate_id)
        if hindrance or aggregate_id in behind:
            behind.add(aggregate_id)
            letters.append(_letter(producer, followed, hindrance))
        else:
            passed.append(followed)
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
    """Make a text storable: an event that failed because a database cannot store its text must still be parkable.

    PostgreSQL stores no NUL in a text and no long text in an index; no database stores a lone surrogate.
    """
    whole = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return whole[:MOST_CHARACTERS]


def _event_id(body: bytes) -> str | None:
    """Return the event id from a body that does not match its type; None if there is none."""
    try:
        event_id = json.loads(body)["event_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return event_id if isinstance(event_id, str) else None


def now() -> str:
    """Return the machine's time, even if the domain's clock is manual: operators compare it with the logs."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def carefully(
    apply: Callable[..., Awaitable[Any]], producer: str, previous: int, batch: Sequence[Followed]
) -> None:
    """Apply a batch; bisect one that fails, and park the single event that still fails after ATTEMPTS attempts.

    `apply(batch, step)` applies, `apply([event], step, fault)` parks. Raises transient errors: the caller starts
    again from the stored checkpoint.
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
