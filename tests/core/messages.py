"""What is on a stream, read as a stranger would."""

from nats.aio.client import Client
from nats.js.api import RawStreamMsg

SCHEDULER = "SIKO_SCHEDULER"


async def count(client: Client, name: str = SCHEDULER) -> int:
    state = (await client.jetstream().stream_info(name)).state
    return state.messages


async def messages(client: Client, name: str = SCHEDULER) -> list[RawStreamMsg]:
    """Every message of the stream, in its order."""
    jetstream = client.jetstream()
    state = (await jetstream.stream_info(name)).state
    return [
        await jetstream.get_msg(name, seq=sequence)
        for sequence in range(state.first_seq, state.last_seq + 1)
        if state.messages
    ]


def positions(stored: list[RawStreamMsg]) -> list[tuple[int, int]]:
    """(previous, position) of each."""
    return [
        (int((m.headers or {})["Siko-Previous"]), int((m.headers or {})["Siko-Position"]))
        for m in stored
    ]
