"""Reads a producer's stream from any position, by stream sequence and without a consumer."""

import asyncio
import base64
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.js.errors import APIError, NotFoundError
from siko_contracts.messages import POSITION, stream

IN_FLIGHT = 250
ANSWER_SECONDS = 5.0
NO_MESSAGE = 10037
"""The server's error code for a sequence that it has no message for."""


@dataclass(frozen=True, slots=True)
class Published:
    """An event on a stream. `follows` is the position of the event before it on the stream, 0 for the first."""

    position: int
    sequence: int
    follows: int
    subject: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Foreign:
    """A message that is no event, or whose position is not above `follows`, that of the event before it."""

    sequence: int
    follows: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Events in order of position; `is_end` says that the stream had no more."""

    events: Sequence[Published] = ()
    foreign: Sequence[Foreign] = ()
    is_end: bool = True


class StreamReader:
    """Reads a stream's messages. Its user needs permission for STREAM.INFO and STREAM.MSG.GET of the stream."""

    def __init__(self, client: Client, producer: str) -> None:
        self._client = client
        self._name = stream(producer)
        self._last: Sequence[Published] = ()

    async def read(self, after: int, limit: int) -> Reading:
        """Read the messages after a position, at most `limit` of them.

        Returns an empty reading if there is no stream. Raises NatsError or TimeoutError if the broker does not answer.
        """
        try:
            state = (await self._client.jetstream().stream_info(self._name)).state
        except NotFoundError:
            return Reading()
        if not state.messages:
            return Reading()
        start = self._known(after)
        if start is None or not await self._is_still_there(start):
            start = await self._last_up_to(after, state.first_seq, state.last_seq)
        begin = start.sequence if start else state.first_seq
        end = min(begin + limit - (start is None), state.last_seq)
        replies = await self._replies(range(begin, end + 1))
        events, foreign = await asyncio.to_thread(_parsed, replies, start)
        self._last = events
        return Reading(events, foreign, is_end=end == state.last_seq)

    def _known(self, after: int) -> Published | None:
        """Return the last event up to this position if the previous reading covers it, None otherwise."""
        number = bisect_right(self._last, after, key=lambda event: event.position)
        is_within = number > 0 and after <= self._last[-1].position
        return self._last[number - 1] if is_within else None

    async def _is_still_there(self, event: Published) -> bool:
        """Whether the event still has its sequence: a stream that was refilled may have other ones."""
        current = await self._event_in(event.sequence, event.sequence + 1)
        return current is not None and current.position == event.position

    async def _last_up_to(self, after: int, first: int, last: int) -> Published | None:
        """Return the last event up to this position, by binary search."""
        start: Published | None = None
        low, high = first - 1, last + 1
        while high - low > 1:
            middle = (low + high) // 2
            event = await self._event_in(middle, high)
            if event is None or event.position > after:
                high = middle
            else:
                start, low = event, event.sequence
        return start

    async def _event_in(self, first: int, behind: int) -> Published | None:
        """Return the first event with a sequence in [first, behind), None if there is none."""
        for number in range(first, behind):
            events, _ = _parsed(await self._replies(range(number, number + 1)), None)
            if events:
                return events[0]
        return None

    async def _replies(self, numbers: range) -> list[bytes]:
        subject = f"$JS.API.STREAM.MSG.GET.{self._name}"
        replies: list[bytes] = []
        for begin in range(0, len(numbers), IN_FLIGHT):
            asked = [
                self._client.request(subject, b'{"seq":%d}' % number, timeout=ANSWER_SECONDS)
                for number in numbers[begin : begin + IN_FLIGHT]
            ]
            replies += [reply.data for reply in await asyncio.gather(*asked)]
        return replies


def _parsed(
    replies: Sequence[bytes], start: Published | None
) -> tuple[list[Published], list[Foreign]]:
    """Parse the messages after `start`, which may be among the replies itself.

    Raises APIError if the server refuses.
    """
    events: list[Published] = []
    foreign: list[Foreign] = []
    follows = start.position if start else 0
    for reply in replies:
        answer = json.loads(reply)
        if error := answer.get("error"):
            if error.get("err_code") != NO_MESSAGE:
                raise APIError.from_error(error)
            continue
        message = answer["message"]
        sequence = int(message["seq"])
        if start and sequence <= start.sequence:
            continue
        headers = _headers(message.get("hdrs"))
        position = _position(headers)
        if position is None or position <= follows:
            foreign.append(Foreign(sequence, follows))
            continue
        body = base64.b64decode(message.get("data") or "")
        events.append(Published(position, sequence, follows, message["subject"], headers, body))
        follows = position
    return events, foreign


def _headers(encoded: str | None) -> dict[str, str]:
    """Parse a NATS header block: a version line, then `name: value` lines."""
    lines = base64.b64decode(encoded or "").decode(errors="replace").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name: value.strip() for name, _, value in pairs}


def _position(headers: dict[str, Any]) -> int | None:
    try:
        return int(headers[POSITION])
    except (KeyError, ValueError):
        return None
