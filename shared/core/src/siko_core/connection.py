"""The one way to connect to NATS: for ever, noticing a silent broker within seconds."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
import structlog
from nats.aio.client import Client

from siko_core.lasting import LastingClient

log = structlog.get_logger()
CLOSED_EXIT_CODE = 75
"""sysexits' EX_TEMPFAIL: the supervisor starts the process anew."""
PATIENCE_SECONDS = 5.0


class Unreachable(Exception):
    """What was sought, where, and what to try."""


def options(name: str, credentials: Path | None = None) -> dict[str, Any]:
    """Options of nats-py's `connect`: its own defaults give up after two minutes and look every two."""
    return {
        "name": f"siko-{name}",
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.5,
        "connect_timeout": 2,
        "ping_interval": 5,
        "max_outstanding_pings": 2,
        "user_credentials": str(credentials) if credentials else None,
    }


def callbacks() -> dict[str, Any]:
    """What a service says of its connection."""
    return {
        "error_cb": _on_error,
        "disconnected_cb": _said("nats_disconnected"),
        "reconnected_cb": _said("nats_reconnected"),
    }


async def end_process() -> None:
    """A closed client never comes back, and a service without one must not seem alive."""
    log.error("nats_closed")
    os._exit(CLOSED_EXIT_CODE)


async def connect(
    url: str, name: str, *, credentials: Path | None = None, patience: float = PATIENCE_SECONDS
) -> Client:
    """Unreachable, with what to try, when no broker answers within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            return await nats.connect(url, error_cb=_ignore, **options(name, credentials))
    except (OSError, TimeoutError, nats.errors.Error) as error:
        raise Unreachable(unreachable_message(url)) from error


async def connect_for_ever(url: str, name: str, credentials: Path | None = None) -> Client:
    """However long it takes; the process ends should the client ever be closed."""
    client = LastingClient()
    await client.connect(url, **options(name, credentials), **callbacks(), closed_cb=end_process)
    return client


def unreachable_message(url: str) -> str:
    """Without the password that an address may hold."""
    shown = urlsplit(url)
    where = (
        url if shown.username is None else url.replace(f"{shown.netloc.rpartition('@')[0]}@", "")
    )
    return f"no NATS server answers at {where}: start one (`siko up`), or set SIKO_NATS_URL"


async def _ignore(_: Exception) -> None:
    """A client that asks once is told by the answer, or by its absence."""


async def _on_error(error: Exception) -> None:
    log.warning("nats_error", error=type(error).__name__)


def _said(event: str) -> Callable[[], Any]:
    async def say() -> None:
        log.info(event)

    return say
