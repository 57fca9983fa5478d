"""The NATS server of `siko up`, connections to a broker, and checks of its health."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from siko_core.broker.permissions import HEALTH_REQUEST, INSIDE

from siko import broker_users
from siko.addresses import HOST
from siko.output import Failure

if TYPE_CHECKING:
    from nats.aio.client import Client

DEFAULT_PORT = 4222
MOST_STORED = "1TB"
"""The default is three quarters of the free space at start: a server started on a full disk could never store again."""
ROOM_BYTES = 1 << 20
SEEN_FILE = "topology.seen"
USER = "topology"
SEEN_SECONDS = 3.0
_ANSWER_SECONDS = 2.0


def write_configuration(folder: Path, port: int) -> Path:
    """Write the server's configuration file; messages are synced to disk before they are acknowledged.

    There is no monitoring port: it would show every client's subscriptions without a login.
    """
    store = json.dumps(str(folder / "nats"), ensure_ascii=False)
    users = broker_users.make(folder / broker_users.FOLDER, guest=True)  # on loopback
    _take_over_streams(folder / "nats" / "jetstream")
    file = folder / "nats.conf"
    included = json.dumps(str(users.relative_to(folder)))
    file.write_text(
        f"include {included}\n"
        f'listen: "{HOST}:{port}"\n'
        "max_payload: 8MB\n"
        f"jetstream {{ store_dir: {store}, sync_interval: always, max_file_store: {MOST_STORED} }}\n"
    )
    return file


def _take_over_streams(store: Path) -> None:
    """Move streams from the global account, in which they were before the broker had users."""
    before, now = store / "$G", store / INSIDE
    if before.is_dir() and not now.exists():
        before.rename(now)


async def hindrance(url: str) -> str | None:
    """Return why the broker is not usable; None if it answers and JetStream is enabled."""
    try:
        return None if (await _greeting(url)).get("jetstream") else "its JetStream is off"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    except ValueError:
        return "what answers is no NATS server"


async def _greeting(url: str) -> dict[str, Any]:
    """Return the server's INFO. Raises OSError or TimeoutError without an answer, ValueError if it is no NATS server."""
    address = urlsplit(url.partition(",")[0])
    async with asyncio.timeout(_ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(
            address.hostname or HOST, address.port or DEFAULT_PORT
        )
        try:
            greeting = await reader.readline()
        finally:
            writer.close()
    if not greeting.startswith(b"INFO "):
        raise ValueError
    info: dict[str, Any] = json.loads(greeting.removeprefix(b"INFO "))
    return info


async def ailment(url: str, credentials: Path, store: Path) -> str | None:
    """Return why the server must be restarted to store again; None if it need not be.

    NATS remembers a failed write until the process ends, even when the disk has space again (seen with 2.15).
    """
    if shutil.disk_usage(store).free < ROOM_BYTES:  # a restart would not help
        return None
    from nats.errors import Error  # noqa: PLC0415 - brings nats

    try:
        error = await ill_health(url, credentials)
    except (Failure, Error, OSError, ValueError, KeyError):
        return None
    return error if "write error" in error else None


async def ill_health(url: str, credentials: Path | None) -> str:
    """Return the error that the server reports about itself; empty if healthy. The user `health` may ask only this."""
    server_id = (await _greeting(url))["server_id"]  # of a cluster, the one that we connect to
    async with connected(url, credentials) as client:
        reply = await client.request(HEALTH_REQUEST.format(server_id), timeout=_ANSWER_SECONDS)
    return str(json.loads(reply.data)["data"].get("error", ""))


async def hindrance_of_watch(seen_file: Path) -> str | None:
    """Return why `siko topology apply --watch` seems to be down; None if it has verified the streams recently."""
    return _last_seen(seen_file)


def _last_seen(seen_file: Path) -> str | None:
    try:
        age = time.time() - seen_file.stat().st_mtime
    except FileNotFoundError:
        return "it has not seen the streams right yet"
    return f"it saw the streams right {age:.0f} s ago" if age > SEEN_SECONDS else None


async def hindrance_with_topology(url: str, credentials: Path) -> str | None:
    """As `hindrance`, and create the streams: only then is the broker ready."""
    if reason := await hindrance(url):
        return reason
    from siko_core.broker.topology import apply as apply_topology  # noqa: PLC0415 - brings nats

    async with connected(url, credentials) as client:
        await apply_topology(client)
    return None


@asynccontextmanager
async def connected(
    url: str, credentials: Path | None, refused: set[str] | None = None
) -> AsyncIterator["Client"]:
    """Open a connection that does not reconnect; errors are raised and not logged as well.

    `refused` gets the subjects, in lower case, for which the login has no right. Raises Failure (exit code 3) if there is no broker or it refuses the login.
    """
    import nats  # noqa: PLC0415 - takes time
    from siko_core.broker.client import CarefulClient  # noqa: PLC0415 - as above
    from siko_core.broker.connection import NOT_PERMITTED  # noqa: PLC0415 - as above

    async def note(error: Exception) -> None:
        violation = NOT_PERMITTED.search(str(error))
        if violation and refused is not None:
            refused.add(violation[2])

    try:
        client = CarefulClient()
        await client.connect(
            url,
            name="siko-topology",
            allow_reconnect=False,
            error_cb=note,
            **broker_users.options(credentials),
            **broker_users.tls(url),
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise broker_users.not_connected(url, str(error) or type(error).__name__) from None
    try:
        yield client
    finally:
        await client.close()
