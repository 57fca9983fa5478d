"""What a producer's stream ends with. What lies there and is no event of the producer is passed over."""

from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from siko_contracts.messages import from_header, source, stream

from siko_core.follower.message import link_of


@dataclass(frozen=True)
class Told:
    """A message on a stream."""

    position: int
    sequence: int
    type: str
    body: bytes


def told(producer: str, message: RawStreamMsg) -> Told | None:
    """None where it is no event of the producer."""
    headers = message.headers or {}
    if headers.get("ce-source") != source(producer):
        return None
    try:
        position, _ = link_of(headers)
        type_ = from_header(headers["ce-type"])
    except (KeyError, ValueError):
        return None
    return Told(position, message.seq or 0, type_, message.data or b"")


async def told_up_to(client: Client, producer: str, sequence: int) -> Told | None:
    """The last event up to this place in the stream. NotFoundError where the stream does not hold it any more."""
    jetstream = client.jetstream()
    for number in range(sequence, 0, -1):
        message = await jetstream.get_msg(stream(producer), seq=number)
        if last := told(producer, message):
            return last
    return None


async def last_told(client: Client, producer: str) -> Told | None:
    """The last event on the stream; None where there is none, or no stream."""
    try:
        state = (await client.jetstream().stream_info(stream(producer))).state
        return await told_up_to(client, producer, state.last_seq) if state.messages else None
    except NotFoundError:
        return None
