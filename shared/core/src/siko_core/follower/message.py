"""Parses messages from a producer's stream into events, and tells them from foreign messages, which are ignored.

Anybody who may create consumers can have the server deliver any stream's messages to any subject that has a listener.
The reply subject cannot be forged that way: in it the server names the stream and the consumer.
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
"""The most digits of a position, so that it fits the integer type of every database."""


class Foreign(Exception):
    """The message is no event of the producer, or was not delivered by our consumer from the producer's stream."""


@dataclass(frozen=True)
class Followed:
    """One message of a producer's stream; `event` is None if this version does not know the type, or cannot read it."""

    type: str
    body: bytes
    position: int
    previous: int
    sequence: int
    event: Event | None
    correlation_id: str | None = None
    subject: str | None = None
    """The id of the aggregate from the header `ce-subject`: readable even if the body is not."""
    fault: Fault | None = None
    """Why the body cannot be read, if its type is known."""

    @property
    def aggregate_id(self) -> str:
        return self.event.aggregate_id if self.event else self.subject or ""


class Origin:
    """The origin of a follower's messages: one producer's stream, delivered by our own consumer."""

    def __init__(self, producer: str, consumer: str) -> None:
        self.producer = producer
        self.consumer = consumer
        self.stream = stream(producer)
        self.subjects = event_subjects(producer)
        self.source = source(producer)
        self._flow = f".{self.stream}.{consumer}."

    def sequence(self, message: Msg) -> int:
        """Return the message's stream sequence. Raises Foreign if our consumer did not deliver it from this stream."""
        try:
            delivery = message.metadata
        except (NotJSMessageError, ValueError):
            raise Foreign from None
        if delivery.consumer != self.consumer or delivery.stream != self.stream:
            raise Foreign
        return delivery.sequence.stream

    def asks_to_go_on(self, message: Msg) -> bool:
        """Whether the message is a flow control request of our consumer, which waits until its messages are applied."""
        return message.reply.startswith("$JS.FC.") and self._flow in message.reply

    def followed(self, message: Msg) -> Followed:
        """Parse a message. Raises Foreign if it is no event of the producer."""
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
    """Return an event's position and that of the event before it.

    Raises KeyError if a header is missing, ValueError if the two are no valid link.
    """
    digits, digits_before = headers[POSITION], headers[PREVIOUS]
    both = digits + digits_before
    if not (both.isascii() and both.isdigit()) or len(digits) > MOST_DIGITS:
        raise ValueError
    position, previous = int(digits), int(digits_before)
    if previous >= position:
        raise ValueError
    return position, previous


def read(type_: str, body: bytes) -> tuple[Event | None, Fault | None]:
    """Decode a body: return the event, or the fault that prevents it; neither if this version does not know the type.

    Raises transient errors.
    """
    try:
        return decode(type_, body), None
    except Exception as error:
        if not is_permanent(error):
            raise
        return None, fault_of(error, attempts=1)
