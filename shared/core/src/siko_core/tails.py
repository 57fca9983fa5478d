"""What a producer's stream ends with."""

from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from siko_contracts.messages import POSITION, from_header, stream


@dataclass(frozen=True)
class Told:
    """A message on a stream."""

    position: int
    sequence: int
    type: str
    body: bytes


def told(message: RawStreamMsg) -> Told:
    headers = message.headers or {}
    return Told(
        int(headers[POSITION]),
        message.seq or 0,
        from_header(headers["ce-type"]),
        message.data or b"",
    )


async def last_told(client: Client, producer: str) -> Told | None:
    """What the stream ends with; None where it is not there, or empty."""
    jetstream = client.jetstream()
    try:
        state = (await jetstream.stream_info(stream(producer))).state
        if not state.messages:
            return None
        return told(await jetstream.get_msg(stream(producer), seq=state.last_seq))
    except NotFoundError:
        return None
