"""Where a store and its stream differ: what the store would publish at each position, beside what was published there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from siko_contracts.messages import CORRELATION_ID, PREVIOUS, TRACEPARENT
from siko_contracts.queries import DifferenceItem

from siko_core.broker.published import Published, Reading
from siko_core.recovery.compare import changed_fields
from siko_core.relay.message import Message

IMPLIED = {
    "ce-type": {"type"},
    "ce-dataschema": {"type"},
    "ce-subject": {"aggregate_id"},
    "ce-time": {"recorded_at"},
    "subject": {"type", "authority_id"},
}
"""Headers, and the subject, that repeat fields of the event: named only where those fields are the same."""
OF_VERSION = ("ce-type", "ce-dataschema")
OPTIONAL = (CORRELATION_ID, TRACEPARENT)


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of a store as its message; None where the row is no event."""

    position: int
    event_id: str
    message: Message | None


def end_of(after: int, stored: Sequence[int], reading: Reading, limit: int) -> int:
    """Up to which position two pages behind `after` can be compared, `stored` having `limit` positions at most.

    What the store has behind the stream's last message may still be on its way.
    """
    published = reading.events[-1].position if reading.events else after
    return min(published, stored[-1]) if len(stored) == limit else published


def differences(
    stored: Sequence[Stored],
    reading: Reading,
    lost: Sequence[tuple[int, int]],
    *,
    after: int,
    end: int,
) -> list[DifferenceItem]:
    """At the positions behind `after` and up to `end`, in order. The stream was read first, then the store.

    `lost`: first and last of the positions that the store itself gave up after a restore.
    """
    here = {row.position: row for row in stored if row.position <= end}
    there = {each.position: each for each in reading.events if each.position <= end}
    found = [
        item
        for position in sorted({*here, *there})
        if (item := _difference(position, here.get(position), there.get(position), lost))
    ]
    foreign = [
        DifferenceItem(
            position=each.follows,
            event_id="",
            code="Foreign",
            fields=(f"sequence {each.sequence}",),
        )
        for each in reading.foreign
        if after <= each.follows < end or (reading.is_end and each.follows == end)
    ]
    return sorted([*found, *foreign], key=lambda each: each.position)


def _difference(
    position: int,
    row: Stored | None,
    published: Published | None,
    lost: Sequence[tuple[int, int]],
) -> DifferenceItem | None:
    is_lost = any(first <= position <= last for first, last in lost)
    names: set[str] = set()
    code = None
    if row is None:
        code = None if is_lost else "NotStored"
    elif is_lost:
        code = "Withdrawn"
    elif published is None:
        code = "NotPublished"
    elif row.message is not None and (names := changed(row.message, published)):
        code = "Changed"
    if code is None:
        return None
    event_id = row.event_id if row else _event_id(published) if published else ""
    return DifferenceItem(
        position=position, event_id=event_id, code=code, fields=tuple(sorted(names))
    )


def changed(message: Message, published: Published) -> set[str]:
    """Names of the fields and headers that are not those of the message; `type` and `subject` beside them."""
    wanted = message.headers | {PREVIOUS: str(published.follows)}
    type_, published_type = wanted["ce-type"], published.headers.get("ce-type", "")
    names = changed_fields(type_, message.body, published_type, published.body)
    subject = message.subject
    if type_ != published_type and "type" not in names:  # an earlier or later version of it
        wanted = {name: value for name, value in wanted.items() if name not in OF_VERSION}
        subject = subject.replace(f".{type_}.", f".{published_type}.")
    around = {n for n in {*wanted, *OPTIONAL} if wanted.get(n) != published.headers.get(n)}
    if subject != published.subject:
        around.add("subject")
    return names | {name for name in around if names.isdisjoint(IMPLIED.get(name, ()))}


def _event_id(published: Published) -> str:
    try:
        return str(json.loads(published.body)["event_id"])
    except (ValueError, TypeError, KeyError):
        return published.headers.get("ce-subject", "")
