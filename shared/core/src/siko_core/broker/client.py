"""A NATS client that lasts: nats-py's own is closed for good by most errors that a server sends, though they pass.

nats-py has no seam for it, so methods of its own are replaced; tests/core/test_connection.py guards what this relies on.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

log = structlog.get_logger()
START_ANEW = 75
"""Exit code, sysexits' EX_TEMPFAIL: the supervisor starts the process again."""
REFUSAL = "authorization violation"
REFUSED_SECONDS = 5.0
"""A login that is refused for longer stays refused: a server that reads its configuration anew takes less."""
AGAIN_SECONDS = 0.5
IN_A_ROW = 50
"""Messages that are turned away before the event loop goes round: a millisecond's."""
# nats-py changes a plain connection to TLS, and asyncio warns of that when it ends
logging.getLogger("asyncio").addFilter(lambda record: "eof_received" not in str(record.msg))


Screen = Callable[[bytes, bytes | None], bytes | None]
"""Looks at subject and headers of a message as they came: the answer that it is turned away with, where that is not
empty; None to take it in."""


class LoginRefused(Exception):
    """The broker is there and does not know us; trying again would end the same."""

    def __init__(self) -> None:
        super().__init__("NATS refuses the login: see SIKO_NATS_CREDENTIALS_FILE and SIKO_NATS_URL")


class ServerOffersNoTls(NatsError):
    """Who answers offers no TLS, though the address begins with tls://; nothing was said to it."""

    def __str__(self) -> str:
        return "the server offers no TLS, and the address begins with tls://"


class CarefulClient(Client):
    """Where it is to speak TLS, it says nothing to a server that offers none: nats-py would go on in the clear."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and "tls" in self.options:
            if not info.get("tls_required"):
                raise ServerOffersNoTls
            info = {**info, "connect_urls": None}  # said in the clear, by anybody
        await super()._process_info(info, initial_connection)


class LastingClient(CarefulClient):
    """Connects for ever, whatever a server says or does; only a login that stays refused ends it."""

    _refused_since: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self._screens: dict[int, Screen] = {}
        self._turned_away = 0

    def screen(self, subscription: Subscription, screen: Screen) -> None:
        """Turn messages away before they cost anything: nothing is parsed of them, and nothing is queued."""
        self._screens[subscription._id] = screen  # noqa: SLF001 - as the methods below

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        """What cannot be read is left out: an error here would end the reading of the connection, unnoticed."""
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
        """Now and then everybody else's turn: nats-py goes on reading as long as there is something to read."""
        if reply and answer:
            await self.publish(reply.decode(), answer)
        self._turned_away += 1
        if self._turned_away % IN_A_ROW == 0:
            await asyncio.sleep(0)

    async def _process_err(self, err_msg: str) -> None:
        """A server that means the end of the connection hangs up, and that is noticed like any other end."""
        await self._error_cb(NatsError(f"nats: {err_msg}"))

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        """None where they are none: the error would end the task that reads, for whatever one client has sent."""
        try:
            found: dict[str, str] | None = await super()._process_headers(headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to one message
            await self._error_cb(error)
            return None
        return found

    async def _process_connect_init(self) -> None:
        """LoginRefused where it was refused for too long."""
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
        """An error that nats-py does not foresee would end the task, and nobody would notice."""
        while True:
            try:
                await super()._attempt_reconnect()
            except LoginRefused as error:
                log.error("nats_refused", reason=str(error))  # noqa: TRY400 - it says all
                os._exit(START_ANEW)
            except Exception as error:  # noqa: BLE001 - whatever answers at that address, the server may come back
                await self._error_cb(error)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return
