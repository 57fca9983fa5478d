"""One event of another service, as it arrives from the producer's stream; and what else arrives, which counts for nothing.

Whoever may make consumers can have the server deliver any stream's messages at any subject that somebody listens to.
What it cannot do is choose the reply subject: there the server names the stream and the consumer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import NotJSMessageError
from siko_contracts.events import Event, decode
from siko_contracts.messages import (
    CORRELATION_ID,
    POSITION,
    PREVIOUS,
    event_subjects,
    from_header,
    source,
    stream,
)

from siko_core.faults import Fault, fault_of, is_permanent

MOST_DIGITS = 18
"""Of a position: it fits the integers of every database."""


class Foreign(Exception):
    """What arrived is no event of the producer, or our consumer has not taken it from the producer's stream."""


@dataclass(frozen=True)
class Followed:
    """One message of a producer's stream; `event` is None where this version does not know the type."""

    type: str
    body: bytes
    position: int
    previous: int
    sequence: int
    event: Event | None
    correlation_id: str | None = None
    subject: str | None = None
    """`ce-subject`: the id of the aggregate, readable where the body is not."""
    fault: Fault | None = None
    """Why the body cannot be read, where its type is known."""

    @property
    def aggregate_id(self) -> str:
        return self.event.aggregate_id if self.event else self.subject or ""


class Origin:
    """Where a follower's messages come from: a producer's stream, by a consumer of our own."""

    def __init__(self, producer: str, consumer: str) -> None:
        self.producer = producer
        self.consumer = consumer
        self.stream = stream(producer)
        self.subjects = event_subjects(producer)
        self.source = source(producer)
        self._flow = f".{self.stream}.{consumer}."

    def sequence(self, message: Msg) -> int:
        """The message's place in the stream; Foreign where our consumer has not taken it from there."""
        try:
            delivery = message.metadata
        except (NotJSMessageError, ValueError):
            raise Foreign from None
        if delivery.consumer != self.consumer or delivery.stream != self.stream:
            raise Foreign
        return delivery.sequence.stream

    def asks_to_go_on(self, message: Msg) -> bool:
        """Whether it is our consumer's, which waits until what it has sent is applied (flow control)."""
        return message.reply.startswith("$JS.FC.") and self._flow in message.reply

    def followed(self, message: Msg) -> Followed:
        """Foreign where the message is no event of the producer."""
        headers = message.headers or {}
        if headers.get("ce-source") != self.source or not message.subject.startswith(self.subjects):
            raise Foreign
        try:
            type_ = from_header(headers["ce-type"])
            position, previous = link_of(headers)
            subject, correlation_id = headers.get("ce-subject"), headers.get(CORRELATION_ID)
            named = from_header(subject) if subject else None
            correlated = from_header(correlation_id) if correlation_id else None
        except (KeyError, ValueError):
            raise Foreign from None
        event, fault = read(type_, message.data)
        return Followed(
            type=type_,
            body=message.data,
            position=position,
            previous=previous,
            sequence=message.metadata.sequence.stream,
            event=event,
            correlation_id=correlated,
            subject=named,
            fault=fault,
        )


def link_of(headers: Mapping[str, str]) -> tuple[int, int]:
    """A message's position, and that of the one before it. KeyError or ValueError where they are none."""
    digits, digits_before = headers[POSITION], headers[PREVIOUS]
    both = digits + digits_before
    if not (both.isascii() and both.isdigit()) or len(digits) > MOST_DIGITS:
        raise ValueError
    position, previous = int(digits), int(digits_before)
    if previous >= position:
        raise ValueError
    return position, previous


def read(type_: str, body: bytes) -> tuple[Event | None, Fault | None]:
    """The event in a body, or what hinders reading it; neither where this version does not know the type."""
    try:
        return decode(type_, body), None
    except Exception as error:
        if not is_permanent(error):
            raise
        return None, fault_of(error, attempts=1)
