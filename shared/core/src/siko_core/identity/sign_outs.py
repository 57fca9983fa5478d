"""Tokens that were signed out: kept on a stream as long as a token may live, and cached by every service."""

import asyncio
import json
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError
from siko_contracts.messages import SIGNOUTS, signout_subject, stream

from siko_core.broker.topology import LONGEST_LIFE_SECONDS
from siko_core.loops import repeat
from siko_core.refusals import Unavailable

log = structlog.get_logger()
LOOK_SECONDS = 5.0
RETRY_SECONDS = 0.25
RETRY_AFTER_S = 1
STORE_SECONDS = 2.0
READ_SECONDS = 30.0
"""A busy broker needs a second for a hundred thousand subjects: an early retry would only add load."""
SESSION = re.compile(r"[0-9a-f]{64}")
"""The form of a session, as made by `session_of`.

Anything else on the stream dates from before only services could write there, and is ignored.
"""


class Signouts:
    """The signed-out sessions. Messages are only a hint; the stream is re-read to be complete.

    The stream is read as the list of its subjects, in pages of a hundred thousand: the messages are empty.
    A message can only add a session: whoever publishes there can sign out, but never back in.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, float] = {}
        self._read: tuple[str, int] | None = None
        """When the stream was created, and the sequence of the last message read."""
        self._client: Client | None = None
        self._connections = -1
        self._asked = asyncio.Event()

    def __contains__(self, session: str) -> bool:
        return session in self._sessions

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def is_known(self) -> bool:
        """Whether the stream was read since the current connection was made."""
        return self._client is not None and self._connections == self._client.stats["reconnects"]

    def ensure_known(self) -> None:
        """Raises Unavailable until the stream has been read."""
        if not self.is_known:
            self._asked.set()
            raise Unavailable("who has signed out is not known yet", retry_after_s=RETRY_AFTER_S)

    async def sign_out(self, session: str) -> None:
        """Sign the session out at every service. Idempotent. Raises Unavailable if the stream does not store it."""
        self.ensure_known()
        if self._client is None or session in self:
            return
        jetstream = self._client.jetstream(timeout=STORE_SECONDS)
        try:
            await jetstream.publish(signout_subject(session), b"", stream=stream(SIGNOUTS))
        except (NatsError, TimeoutError) as error:
            log.warning("signouts_waits", reason=type(error).__name__)
            raise Unavailable(
                "the sign-out cannot be stored", retry_after_s=RETRY_AFTER_S
            ) from None
        self._note([session])

    async def run(self, client: Client) -> None:
        """Catch up with the stream every LOOK_SECONDS, and at once if a request needs it before it was read."""
        await client.subscribe(signout_subject("*"), cb=self._arrived)

        async def catch_up() -> float:
            self._asked.clear()
            await self._catch_up(client)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), LOOK_SECONDS)
            return 0

        def failed(error: Exception) -> float:
            if not isinstance(error, NatsError | TimeoutError):
                raise error
            log.warning("signouts_waits", reason=type(error).__name__)
            return RETRY_SECONDS

        await repeat(catch_up, failed)

    async def _arrived(self, message: Msg) -> None:
        self._note([_session(message.subject)])

    async def _catch_up(self, client: Client) -> None:
        connections = client.stats["reconnects"]
        end = _end(await _info(client))
        if end != self._read:
            end, subjects = await _subjects(client)
            self._note(map(_session, subjects))
            self._read = end
        oldest = time.time() - LONGEST_LIFE_SECONDS
        self._sessions = {session: at for session, at in self._sessions.items() if at > oldest}
        self._client, self._connections = client, connections

    def _note(self, sessions: Iterable[str]) -> None:
        now = time.time()
        for session in sessions:
            if SESSION.fullmatch(session):
                self._sessions.setdefault(session, now)


def _session(subject: str) -> str:
    return subject.rpartition(".")[2]


async def _subjects(client: Client) -> tuple[tuple[str, int], list[str]]:
    """Return the end of the stream, and the subjects of all messages up to it."""
    while True:
        first = page = await _info(client, subjects_filter=signout_subject("*"), offset=0)
        subjects = list(page["state"].get("subjects") or ())
        while len(subjects) < page["total"] and page["state"].get("subjects"):
            page = await _info(client, subjects_filter=signout_subject("*"), offset=len(subjects))
            subjects += page["state"].get("subjects") or ()
        if page["state"]["first_seq"] == first["state"]["first_seq"]:
            return _end(first), subjects
        # messages that expired meanwhile have shifted the pages, so a subject may have been skipped: retry


def _end(info: dict[str, Any]) -> tuple[str, int]:
    return str(info["created"]), int(info["state"]["last_seq"])


async def _info(client: Client, **asked: Any) -> dict[str, Any]:
    """Request the stream's info from JetStream. Raises NatsError if it refuses or does not answer."""
    reply = await client.request(
        f"$JS.API.STREAM.INFO.{stream(SIGNOUTS)}",
        json.dumps(asked).encode(),
        timeout=READ_SECONDS,
    )
    info: dict[str, Any] = json.loads(reply.data)
    if "error" in info:
        raise APIError.from_error(info["error"])
    return info
