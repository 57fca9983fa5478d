"""Tokens that were signed out: kept on a stream for as long as a token may live, known to every service."""

import asyncio
import time
from contextlib import suppress

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from siko_contracts.messages import SIGNOUTS, signout_subject, stream

from siko_core.refusals import Unavailable
from siko_core.topology import LONGEST_LIFE_SECONDS

log = structlog.get_logger()
LOOK_SECONDS = 5.0
RETRY_SECONDS = 0.25
RETRY_AFTER_S = 1


class Signouts:
    """A message's arrival only shortens the wait; that nothing was missed is known by reading the stream.

    A message can only add: whoever gets at the broker can sign out, and never back in.
    """

    def __init__(self) -> None:
        self._sessions: dict[str, float] = {}
        self._read = 0
        self._client: Client | None = None
        self._connections = -1
        self._asked = asyncio.Event()

    def __contains__(self, session: str) -> bool:
        return session in self._sessions

    def ensure_known(self) -> None:
        """Unavailable from the start, and from a lost connection, until the stream has been read."""
        if self._client is None or self._connections != self._client.stats["reconnects"]:
            self._asked.set()
            raise Unavailable("who has signed out is not known yet", retry_after_s=RETRY_AFTER_S)

    async def run(self, client: Client) -> None:
        """For ever: now and then, and when somebody asks before it is known."""
        await client.subscribe(signout_subject("*"), cb=self._arrived)
        while True:
            try:
                await self._catch_up(client)
            except (NatsError, TimeoutError) as error:
                log.warning("signouts_waits", reason=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), LOOK_SECONDS)
            self._asked.clear()

    async def _arrived(self, message: Msg) -> None:
        self._note(message.subject)

    async def _catch_up(self, client: Client) -> None:
        connections = client.stats["reconnects"]
        jetstream = client.jetstream(timeout=2)
        name = stream(SIGNOUTS)
        state = (await jetstream.stream_info(name)).state
        if state.last_seq < self._read:  # the stream was made anew
            self._read = 0
        while self._read < state.last_seq:
            try:
                message = await jetstream.get_msg(name, seq=self._read + 1, next=True)
            except NotFoundError:  # what was there has ended
                self._read = state.last_seq
                break
            self._note(str(message.subject))
            self._read = message.seq or state.last_seq
        oldest = time.time() - LONGEST_LIFE_SECONDS
        self._sessions = {each: at for each, at in self._sessions.items() if at > oldest}
        self._client, self._connections = client, connections

    def _note(self, subject: str) -> None:
        self._sessions.setdefault(subject.rpartition(".")[2], time.time())
