"""One event of another service, as it arrives from the producer's stream."""

from dataclasses import dataclass

from nats.aio.msg import Msg
from siko_contracts.events import Event, decode
from siko_contracts.messages import CORRELATION_ID, POSITION, PREVIOUS, from_header

from siko_core.faults import Fault, fault_of, is_permanent


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


def followed(message: Msg) -> Followed:
    """ValueError or KeyError where the message is not one of ours."""
    headers = message.headers or {}
    type_ = from_header(headers["ce-type"])
    subject, correlation_id = headers.get("ce-subject"), headers.get(CORRELATION_ID)
    event, fault = read(type_, message.data)
    return Followed(
        type=type_,
        body=message.data,
        position=int(headers[POSITION]),
        previous=int(headers[PREVIOUS]),
        sequence=message.metadata.sequence.stream,
        event=event,
        correlation_id=from_header(correlation_id) if correlation_id else None,
        subject=from_header(subject) if subject else None,
        fault=fault,
    )


def read(type_: str, body: bytes) -> tuple[Event | None, Fault | None]:
    """The event in a body, or what hinders reading it; neither where this version does not know the type."""
    try:
        return decode(type_, body), None
    except Exception as error:
        if not is_permanent(error):
            raise
        return None, fault_of(error, attempts=1)
