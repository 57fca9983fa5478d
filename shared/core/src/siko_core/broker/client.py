"""A NATS client that always reconnects: nats-py's own closes for good on most server errors, though they are transient.

nats-py has no extension point for this, so private methods are overridden; tests/core/test_connection.py guards what
this relies on.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from siko_contracts.exit_codes import START_ANEW

from siko_core.ending import end_process
from siko_core.loops import retry

log = structlog.get_logger()
REFUSAL = "authorization violation"
REFUSED_SECONDS = 5.0
"""A login refused for longer is refused permanently: a server that reloads its configuration takes less."""
AGAIN_SECONDS = 0.5
IN_A_ROW = 50
"""How many messages are turned away before yielding to the event loop: about a millisecond's work."""
# nats-py upgrades a plain connection to TLS, and asyncio warns about that when the connection ends
logging.getLogger("asyncio").addFilter(lambda record: "eof_received" not in str(record.msg))


Screen = Callable[[bytes, bytes | None], bytes | None]
"""Screens a message by its raw subject and headers.

Returns None to accept it, or the body to turn it away with; an empty one sends no reply.
"""


class LoginRefused(Exception):
    """The broker answers but refuses the login; a retry would fail in the same way."""

    def __init__(self) -> None:
        super().__init__("NATS refuses the login: see SIKO_NATS_CREDENTIALS_FILE and SIKO_NATS_URL")


class ServerOffersNoTls(NatsError):
    """The server offers no TLS, though the address begins with tls://; nothing was sent to it."""

    def __str__(self) -> str:
        return "the server offers no TLS, and the address begins with tls://"


class CarefulClient(Client):
    """If configured for TLS, sends nothing to a server that offers none: nats-py would continue in plain text."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and "tls" in self.options:
            if not info.get("tls_required"):
                raise ServerOffersNoTls
            info = {
                **info,
                "connect_urls": None,
            }  # received before TLS, so anybody can have sent them
        await super()._process_info(info, initial_connection)


class LastingClient(CarefulClient):
    """Reconnects without end, whatever a server does; only a login that stays refused ends the process."""

    _refused_since: float | None = None

    def __init__(self, *, pause: float = 0.0) -> None:
        """`pause`: seconds during which nothing is read, after every IN_A_ROW messages turned away."""
        super().__init__()
        self._pause = pause
        self._screens: dict[int, Screen] = {}
        self._turned_away = 0

    def screen(self, subscription: Subscription, screen: Screen) -> None:
        """Install a screen that turns messages away before they are parsed or queued."""
        self._screens[subscription._id] = screen  # noqa: SLF001 - private, as the methods below

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        """Skip a message that cannot be read: an error here would silently end the read loop of the connection."""
        try:
            screen = self._screens.get(sid)
            answer = screen(subject, headers) if screen else None
            if answer is None:
                await super()._process_msg(sid, subject, reply, data, headers)
            else:
                await self._turn_away(reply, answer)
        except Exception as error:  # noqa: BLE001 - whatever a sender has written
            await self._error_cb(error)

    async def _turn_away(self, reply: bytes, answer: bytes) -> None:
        """Reply to a message that is turned away, and yield to the event loop now and then.

        nats-py's read loop does not yield as long as there is data. The reply is written as `publish` would write it,
        without its checks, which take twice as long as the rest.
        """
        if reply and answer:
            await self._send_command(b"PUB %b %d\r\n%b\r\n" % (reply, len(answer), answer))
            if self._flush_queue is not None and self._flush_queue.empty():
                await self._flush_pending()
        self._turned_away += 1
        if self._turned_away % IN_A_ROW == 0:
            await asyncio.sleep(self._pause)

    async def _process_err(self, err_msg: str) -> None:
        """Report a server error and keep the connection: a server that wants to end it closes it, which is noticed."""
        await self._error_cb(NatsError(f"nats: {err_msg}"))

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        """Return None for malformed headers: raising would end the read task because of one client's message."""
        try:
            fields: dict[str, str] | None = await super()._process_headers(headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns one message
            await self._error_cb(error)
            return None
        return fields

    async def _process_connect_init(self) -> None:
        """Log in. Raises LoginRefused if the login has been refused for REFUSED_SECONDS."""
        try:
            await super()._process_connect_init()
        except NatsError as error:
            if REFUSAL not in str(error).lower():
                raise
            self._refused_since = self._refused_since or time.monotonic()
            if time.monotonic() - self._refused_since < REFUSED_SECONDS:
                raise
            raise LoginRefused from error
        self._refused_since = None

    async def _attempt_reconnect(self) -> None:
        """Retry until connected: an error that nats-py does not expect would silently end the reconnect task."""
        reconnect = super()._attempt_reconnect

        async def attempt() -> None:
            try:
                await reconnect()
            except LoginRefused:
                raise
            except Exception as error:
                await self._error_cb(error)
                raise

        def failed(error: Exception) -> float:  # whatever answers there, the server may come back
            if isinstance(error, LoginRefused):
                log.error("nats_refused", reason=str(error))
                end_process(START_ANEW)
            return AGAIN_SECONDS

        await retry(attempt, failed)
