"""Differences between a store and its stream: for each position, what the store would publish against what was published."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from siko_contracts.messages import CORRELATION_ID, EPOCH, PREVIOUS, TRACEPARENT
from siko_contracts.queries.audit import DifferenceItem

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
"""Headers, and the subject, that repeat fields of the event; they are listed only if those fields do not differ."""
OF_VERSION = ("ce-type", "ce-dataschema")
OPTIONAL = (CORRELATION_ID, TRACEPARENT)


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of a store as its message; `message` is None if the row cannot be read as an event."""

    position: int
    event_id: str
    message: Message | None


def end_of(after: int, stored: Sequence[int], reading: Reading, limit: int) -> int:
    """The last position up to which two pages behind `after` can be compared; `stored` has at most `limit` positions.

    Events that the store has behind the stream's last message may still be on their way.
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
    """Differences at the positions behind `after` and up to `end`, in order. Read the stream first, then the store.

    `lost`: first and last of each run of positions that the store gave up after a restore.
    """
    here = {row.position: row for row in stored if row.position <= end}
    there = {event.position: event for event in reading.events if event.position <= end}
    own = [
        item
        for position in sorted({*here, *there})
        if (item := _difference(position, here.get(position), there.get(position), lost))
    ]
    foreign = [
        DifferenceItem(
            position=message.follows,
            event_id="",
            code="Foreign",
            fields=(f"sequence {message.sequence}",),
        )
        for message in reading.foreign
        if after <= message.follows < end or (reading.is_end and message.follows == end)
    ]
    return sorted([*own, *foreign], key=lambda item: item.position)


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
    """Names of the fields and headers that differ from the message's; also `type` and `subject` if those differ."""
    wanted = message.headers | {PREVIOUS: str(published.follows)}
    if EPOCH not in published.headers:  # published before there were epochs
        wanted.pop(EPOCH, None)
    type_, published_type = wanted["ce-type"], published.headers.get("ce-type", "")
    names = changed_fields(type_, message.body, published_type, published.body)
    subject = message.subject
    if type_ != published_type and "type" not in names:  # another version of the contract
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
