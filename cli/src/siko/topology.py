"""`siko topology`: plan and apply the streams in any broker, and show the broker's health."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siko_contracts.exit_codes import DONE, REFUSED
from siko_core.broker.permissions import HEALTH

from siko import broker_users
from siko.addresses import nats_url
from siko.broker import USER, connected, hindrance, ill_health
from siko.output import Output, say, show, unreachable, wrong_usage

if TYPE_CHECKING:
    from nats.aio.client import Client
    from siko_core.broker.topology import Difference

PATIENCE_SECONDS = 30.0
"""Time that `siko topology apply` waits for a broker that is starting."""
_PAUSE_SECONDS = 0.2


def plan(output: Output, data: Path | None) -> int:
    """Show how the streams differ from what siko needs. Returns the exit code."""
    from siko_core.broker.topology import plan as plan_topology  # noqa: PLC0415 - brings nats

    _show(asyncio.run(_at(data, plan_topology, patience=0)), output, "nothing to change")
    return DONE


def apply(output: Output, data: Path | None) -> int:
    """Make the streams as siko needs them and show the changes. Returns the exit code."""
    from siko_core.broker.topology import apply as apply_topology  # noqa: PLC0415 - brings nats

    changes = asyncio.run(_at(data, apply_topology, patience=PATIENCE_SECONDS))
    _show(changes, output, "nothing was to change")
    if output is Output.TABLE and changes:
        made = [change.stream for change in changes if change.field == "stream"]
        reset = [
            f"{change.stream}.{change.field}" for change in changes if change.field != "stream"
        ]
        for done, names in (("made", made), ("set as wanted", reset)):
            if names:
                say(f"{done}: {', '.join(names)}")
    return DONE


def watch(data: Path | None, seen_file: Path | None) -> int:
    """Keep the streams as siko needs them until a signal. Returns the exit code."""
    from siko_core.process import logs  # noqa: PLC0415 - brings structlog

    url = nats_url(data)
    logs.configure("topology", os.environ.get("SIKO_LOG_FORMAT", "json"))
    _say_where_it_is_in_the_clear(url)
    asyncio.run(_watch(url, broker_users.credentials(USER, data), seen_file))
    return DONE


def _say_where_it_is_in_the_clear(url: str) -> None:
    import structlog  # noqa: PLC0415 - takes time
    from siko_core.exposures import (  # noqa: PLC0415 - as above
        IN_THE_CLEAR,
        Exposure,
        is_nats_in_the_clear,
    )

    if is_nats_in_the_clear(url):
        exposure = Exposure("SIKO_NATS_URL", IN_THE_CLEAR)
        structlog.get_logger().warning("exposed", field=exposure.setting, reason=exposure.reason)


async def _watch(url: str, credentials: Path | None, seen_file: Path | None) -> None:
    from siko_core.broker import topology  # noqa: PLC0415 - brings nats
    from siko_core.broker.client import LoginRefused  # noqa: PLC0415 - as above
    from siko_core.settings import SettingsError  # noqa: PLC0415 - as above

    watching = asyncio.create_task(
        topology.watch(
            url,
            credentials=credentials,
            ca_file=broker_users.ca_file(),
            seen=seen_file.touch if seen_file else lambda: None,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await watching
    except LoginRefused as error:
        raise unreachable(str(error)) from None
    except SettingsError as error:
        raise wrong_usage(str(error)) from None


async def _at(
    data: Path | None, ask: Callable[["Client"], Awaitable[list["Difference"]]], patience: float
) -> list["Difference"]:
    """Run `ask` on a connection. Raises Failure (exit code 3) if no broker answers within `patience` seconds."""
    url = nats_url(data)
    broker_users.tls(url)  # a wrong setting is said before anybody is waited for
    deadline = time.monotonic() + patience
    while reason := await hindrance(url):
        if time.monotonic() >= deadline:
            raise broker_users.not_connected(url, reason)
        await asyncio.sleep(_PAUSE_SECONDS)
    from nats.errors import Error  # noqa: PLC0415 - brings nats

    try:
        async with connected(url, broker_users.credentials(USER, data)) as client:
            return await ask(client)
    except (Error, OSError, TimeoutError) as error:
        raise broker_users.not_connected(url, str(error) or type(error).__name__) from None


def health(data: Path | None) -> int:
    """Show the error that the server reports about itself. Returns exit code 0 if healthy, else 1."""
    from nats.errors import Error  # noqa: PLC0415 - brings nats

    url = nats_url(data)
    try:
        error = asyncio.run(ill_health(url, broker_users.credentials(HEALTH, data)))
    except (Error, OSError, ValueError, KeyError) as trouble:
        reason = str(trouble) or type(trouble).__name__
        raise unreachable(f"NATS at {url} does not say how it is: {reason}") from None
    say(error or "healthy")
    return REFUSED if error else DONE


def _show(differences: list["Difference"], output: Output, none: str) -> None:
    items = [
        {
            "stream": difference.stream,
            "field": difference.field,
            "wanted": _plain(difference.wanted),
            "found": _plain(difference.found),
        }
        for difference in differences
    ]
    if output is Output.TABLE and not items:
        say(none)
    else:
        show({"differences": items}, items, output)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
