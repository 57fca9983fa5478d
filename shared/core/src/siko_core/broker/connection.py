"""The one way to connect to NATS: with login and TLS, endless reconnects, and a silent broker detected in seconds."""

import asyncio
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
import structlog
from nats.aio.client import Client
from siko_contracts.exit_codes import START_ANEW

from siko_core.broker.client import CarefulClient, LastingClient
from siko_core.broker.permissions import inbox
from siko_core.ending import end_process
from siko_core.files import OpenToOthers, ensure_private
from siko_core.loops import repeat
from siko_core.settings import SettingsError, ensure_nats_url

log = structlog.get_logger()
PATIENCE_SECONDS = 5.0
ASK_AGAIN_SECONDS = 5.0
NOT_PERMITTED = re.compile(
    r'permissions violation for (publish|subscription) to "([^"]*)"', re.IGNORECASE
)
REFUSED: set[str] = set()
"""Subjects that the broker does not permit this process to subscribe to: requests there get no answer."""


class Unreachable(Exception):
    """No broker answers; the message says at which address, and what to try."""


def options(
    name: str, url: str, credentials: Path | None = None, ca_file: Path | None = None
) -> dict[str, Any]:
    """Return options for nats-py's `connect`: its defaults give up after two minutes and ping every two."""
    return {
        "name": f"siko-{name}",
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.5,
        "connect_timeout": 2,
        "ping_interval": 5,
        "max_outstanding_pings": 2,
        **login(credentials),
        **tls(url, ca_file),
    }


def login(credentials: Path | None) -> dict[str, Any]:
    """Return user, password and the user's inbox prefix from a file with one line `user:password`; empty without a file.

    Raises SettingsError if the file cannot be read, or is open to others.
    """
    if credentials is None:
        return {}
    try:
        ensure_private(credentials, may_be_lent=True)
        user, _, password = credentials.read_text(encoding="utf-8").strip().partition(":")
    except OpenToOthers as error:
        raise SettingsError(f"SIKO_NATS_CREDENTIALS_FILE: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"SIKO_NATS_CREDENTIALS_FILE: {credentials} cannot be read ({type(error).__name__})"
        ) from None
    if not user or not password:
        raise SettingsError(
            f"SIKO_NATS_CREDENTIALS_FILE: {credentials} does not hold one line `user:password`"
        )
    return {"user": user, "password": password, "inbox_prefix": inbox(user)}


def tls(url: str, ca_file: Path | None) -> dict[str, Any]:
    """Return the TLS options for `tls://` addresses: trust the CAs in this file, or else those of the system.

    Raises SettingsError if the address is no broker's, if it and the file do not go together, or the file cannot be read.
    """
    ensure_nats_url(url)
    schemes = {urlsplit(address).scheme for address in url.split(",")}
    if "tls" not in schemes:
        if ca_file is not None:
            raise SettingsError("SIKO_NATS_CA_FILE: SIKO_NATS_URL must begin with tls://")
        return {}
    if schemes != {"tls"}:
        raise SettingsError("SIKO_NATS_URL: tls:// for all servers, or for none")
    try:
        return {"tls": ssl.create_default_context(cafile=ca_file)}
    except OSError as error:
        raise SettingsError(
            f"SIKO_NATS_CA_FILE: {ca_file} holds no certificates, or cannot be read ({type(error).__name__})"
        ) from None


def callbacks() -> dict[str, Any]:
    """Return nats-py's callbacks, which log the events of a service's connection."""
    return {
        "error_cb": _on_error,
        "disconnected_cb": _disconnected,
        "reconnected_cb": _said("nats_reconnected"),
    }


async def closed() -> None:
    """End the process: a closed client never reconnects, and a service without one must not seem alive."""
    log.error("nats_closed")
    end_process(START_ANEW)


async def connect(
    url: str,
    name: str,
    *,
    credentials: Path | None = None,
    ca_file: Path | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Client:
    """Connect once. Raises Unreachable, with what to try, if no broker answers within `patience` seconds."""
    client = CarefulClient()
    given = options(name, url, credentials, ca_file)
    try:
        async with asyncio.timeout(patience):
            await client.connect(url, error_cb=_ignore, **given)
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise Unreachable(unreachable_message(url)) from error
    return client


async def connect_for_ever(
    url: str, name: str, credentials: Path | None = None, ca_file: Path | None = None
) -> Client:
    """Connect, however long it takes; the process ends if the client is ever closed."""
    client = LastingClient()
    given = options(name, url, credentials, ca_file)
    await client.connect(url, **given, **callbacks(), closed_cb=closed)
    return client


def unreachable_message(url: str) -> str:
    """Return the message for Unreachable, without the login that an address may hold."""
    shown = urlsplit(url)
    where = (
        url if shown.username is None else url.replace(f"{shown.netloc.rpartition('@')[0]}@", "")
    )
    return f"no NATS server answers at {where}: start one (`siko up`), or set SIKO_NATS_URL"


async def _ignore(_: Exception) -> None:
    """Ignore errors: a client that connects once learns of them from the answer, or from its absence."""


async def _on_error(error: Exception) -> None:
    if violation := NOT_PERMITTED.search(str(error)):
        what, subject = violation.groups()
        if what == "subscription":
            REFUSED.add(subject)
        log.error("nats_not_permitted", reason=what, subject=subject)
    else:
        log.warning("nats_error", error=type(error).__name__)


async def ask_again(client: Client) -> None:
    """Reconnect periodically while a subscription is refused: the server does not announce new permissions."""

    async def ask() -> float:
        if REFUSED:
            await client.force_reconnect()
        return ASK_AGAIN_SECONDS

    await asyncio.sleep(ASK_AGAIN_SECONDS)
    await repeat(ask)


async def _disconnected() -> None:
    """Forget refused subscriptions: the next connection requests them again."""
    REFUSED.clear()
    log.info("nats_disconnected")


def _said(event: str) -> Callable[[], Any]:
    async def say() -> None:
        log.info(event)

    return say
