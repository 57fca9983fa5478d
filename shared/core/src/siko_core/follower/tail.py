"""Reads the last event of a producer's stream. Messages that are no events of the producer are skipped."""

from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from siko_contracts.messages import from_header, source, stream

from siko_core.follower.message import link_of


@dataclass(frozen=True)
class PublishedEvent:
    """An event of the producer on its stream."""

    position: int
    sequence: int
    type: str
    body: bytes


def parsed(producer: str, message: RawStreamMsg) -> PublishedEvent | None:
    """Parse a raw stream message; return None if it is no event of the producer."""
    headers = message.headers or {}
    if headers.get("ce-source") != source(producer):
        return None
    try:
        position, _ = link_of(headers)
        type_ = from_header(headers["ce-type"])
    except (KeyError, ValueError):
        return None
    return PublishedEvent(position, message.seq or 0, type_, message.data or b"")


async def last_up_to(client: Client, producer: str, sequence: int) -> PublishedEvent | None:
    """Return the last event up to this stream sequence; None if there is none.

    Raises NotFoundError if the stream no longer holds a message on the way.
    """
    jetstream = client.jetstream()
    for number in range(sequence, 0, -1):
        message = await jetstream.get_msg(stream(producer), seq=number)
        if last := parsed(producer, message):
            return last
    return None


async def last_event(client: Client, producer: str) -> PublishedEvent | None:
    """Return the last event on the stream; None if there is none, or no stream."""
    try:
        state = (await client.jetstream().stream_info(stream(producer))).state
        return await last_up_to(client, producer, state.last_seq) if state.messages else None
    except NotFoundError:
        return None
