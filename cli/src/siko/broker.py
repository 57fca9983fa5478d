"""NATS as siko needs it: the server of `siko up`, and the streams in any broker."""

import asyncio
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from siko.addresses import HOST, nats_url
from siko.output import DONE, Output, show, unreachable
from siko.pages import page

if TYPE_CHECKING:
    from nats.aio.client import Client
    from siko_core.topology import Difference

DEFAULT_PORT = 4222
PATIENCE_SECONDS = 30.0
"""How long `siko topology apply` waits for a broker that is just being started."""
MOST_STORED = "1TB"
"""Left out, it is three quarters of what is free at the start: begun on a full disk, a server never stores again."""
ROOM_BYTES = 1 << 20
SEEN_FILE = "topology.seen"
SEEN_SECONDS = 3.0
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.2


def write_configuration(folder: Path, port: int) -> Path:
    """The server's configuration file; a message is on disk before it is acknowledged."""
    store = json.dumps(str(folder / "nats"), ensure_ascii=False)
    ports = json.dumps(str(folder), ensure_ascii=False)
    for stale in folder.glob("*.ports"):
        stale.unlink()
    file = folder / "nats.conf"
    file.write_text(
        f'listen: "{HOST}:{port}"\n'
        f'http: "{HOST}:-1"\n'
        f"ports_file_dir: {ports}\n"
        "max_payload: 8MB\n"
        f"jetstream {{ store_dir: {store}, sync_interval: always, max_file_store: {MOST_STORED} }}\n"
    )
    return file


async def hindrance(url: str) -> str | None:
    """Why the broker does not answer; None when it does, with JetStream on."""
    address = urlsplit(url.partition(",")[0])
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(
                address.hostname or HOST, address.port or DEFAULT_PORT
            )
            try:
                greeting = await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    if not greeting.startswith(b"INFO "):
        return "what answers is no NATS server"
    if not json.loads(greeting.removeprefix(b"INFO ")).get("jetstream"):
        return "its JetStream is off"
    return None


async def ailment(folder: Path, pid: int) -> str | None:
    """Why only a new server process can store again; None while there is no such reason.

    NATS remembers a failed write until its end, also when the disk has space again (seen with 2.15).
    """
    if shutil.disk_usage(folder / "nats").free < ROOM_BYTES:  # a new one would not fare better
        return None
    try:
        _, health = await page(f"{_monitoring(folder, pid)}/healthz")
        error = str(json.loads(health).get("error", ""))
    except (OSError, ValueError, KeyError):
        return None
    return error if "write error" in error else None


def _monitoring(folder: Path, pid: int) -> str:
    """The address that the server itself has chosen; ValueError where it has not told it."""
    (told,) = folder.glob(f"*_{pid}.ports")
    (url,) = json.loads(told.read_text())["monitoring"]
    return str(url)


async def hindrance_of_watch(seen_file: Path) -> str | None:
    """Why `siko topology apply --watch` may not be at work; None when it has just seen the streams right."""
    return _last_seen(seen_file)


def _last_seen(seen_file: Path) -> str | None:
    try:
        age = time.time() - seen_file.stat().st_mtime
    except FileNotFoundError:
        return "it has not seen the streams right yet"
    return f"it saw the streams right {age:.0f} s ago" if age > SEEN_SECONDS else None


async def hindrance_with_topology(url: str) -> str | None:
    """As `hindrance`; a broker that answers gets its streams before it counts as ready."""
    if reason := await hindrance(url):
        return reason
    from siko_core.topology import apply as apply_topology  # noqa: PLC0415 - brings nats

    async with connected(url, None) as client:
        await apply_topology(client)
    return None


def plan(output: Output, data: Path | None) -> int:
    """Shows how the streams differ from what siko needs. Exit code."""
    from siko_core.topology import plan as plan_topology  # noqa: PLC0415 - brings nats

    _show(asyncio.run(_at(nats_url(data), plan_topology, patience=0)), output, "nothing to change")
    return DONE


def apply(output: Output, data: Path | None) -> int:
    """Makes the streams as siko needs them, and shows what was changed. Exit code."""
    from siko_core.topology import apply as apply_topology  # noqa: PLC0415 - brings nats

    changed = asyncio.run(_at(nats_url(data), apply_topology, patience=PATIENCE_SECONDS))
    _show(changed, output, "nothing was to change")
    return DONE


def watch(data: Path | None, seen_file: Path | None) -> int:
    """Keeps the streams as siko needs them until it is told to stop. Exit code."""
    from siko_core import logs  # noqa: PLC0415 - brings structlog

    url = nats_url(data)
    logs.configure("topology", os.environ.get("SIKO_LOG_FORMAT", "json"))
    asyncio.run(_watch(url, seen_file))
    return DONE


async def _watch(url: str, seen_file: Path | None) -> None:
    from siko_core import topology  # noqa: PLC0415 - brings nats
    from siko_core.lasting import LoginRefused  # noqa: PLC0415 - as above

    watching = asyncio.create_task(
        topology.watch(
            url,
            credentials=credentials_file(),
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


def credentials_file() -> Path | None:
    named = os.environ.get("SIKO_NATS_CREDENTIALS_FILE")
    return Path(named) if named else None


async def _at(
    url: str, ask: Callable[["Client"], Awaitable[list["Difference"]]], patience: float
) -> list["Difference"]:
    """Failure (exit code 3) where no broker answers within so many seconds."""
    deadline = time.monotonic() + patience
    while reason := await hindrance(url):
        if time.monotonic() >= deadline:
            raise _no_broker(url, reason)
        await asyncio.sleep(_PAUSE_SECONDS)
    from nats.errors import Error  # noqa: PLC0415 - brings nats

    try:
        async with connected(url, credentials_file()) as client:
            return await ask(client)
    except (Error, OSError, TimeoutError) as error:
        raise _no_broker(url, str(error) or type(error).__name__) from None


def _no_broker(url: str, reason: str) -> Exception:
    return unreachable(
        f"no NATS at {url}: {reason}; start the system with `siko up`, or check SIKO_NATS_URL"
    )


@asynccontextmanager
async def connected(url: str, credentials: Path | None) -> AsyncIterator["Client"]:
    """One connection for one errand; an error is raised where it happens and not also logged."""
    import nats  # noqa: PLC0415 - takes time

    async def raised_elsewhere(_: Exception) -> None:
        pass

    client = await nats.connect(
        url,
        name="siko-topology",
        allow_reconnect=False,
        error_cb=raised_elsewhere,
        user_credentials=str(credentials) if credentials else None,
    )
    try:
        yield client
    finally:
        await client.close()


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
        print(none)
    else:
        show({"differences": items}, items, output)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
