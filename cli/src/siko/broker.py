"""NATS as siko needs it: the server of `siko up`, and the streams in any broker."""

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

from siko_core.permissions import HEALTH_REQUEST, INSIDE

from siko import broker_users
from siko.addresses import HOST
from siko.output import Failure

if TYPE_CHECKING:
    from nats.aio.client import Client

DEFAULT_PORT = 4222
MOST_STORED = "1TB"
"""Left out, it is three quarters of what is free at the start: begun on a full disk, a server never stores again."""
ROOM_BYTES = 1 << 20
SEEN_FILE = "topology.seen"
USER = "topology"
SEEN_SECONDS = 3.0
_ANSWER_SECONDS = 2.0


def write_configuration(folder: Path, port: int) -> Path:
    """The server's configuration file; a message is on disk before it is acknowledged.

    It has no monitoring port: that tells whoever asks where everybody listens.
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
    """What was made before there were users belongs to the account that all were in."""
    before, now = store / "$G", store / INSIDE
    if before.is_dir() and not now.exists():
        before.rename(now)


async def hindrance(url: str) -> str | None:
    """Why the broker does not answer; None when it does, with JetStream on."""
    try:
        return None if (await _greeting(url)).get("jetstream") else "its JetStream is off"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    except ValueError:
        return "what answers is no NATS server"


async def _greeting(url: str) -> dict[str, Any]:
    """What the server says of itself. OSError or TimeoutError where none answers, ValueError where it is none."""
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
    told: dict[str, Any] = json.loads(greeting.removeprefix(b"INFO "))
    return told


async def ailment(url: str, credentials: Path, store: Path) -> str | None:
    """Why only a new server process can store again; None while there is no such reason.

    NATS remembers a failed write until its end, also when the disk has space again (seen with 2.15).
    """
    if shutil.disk_usage(store).free < ROOM_BYTES:  # a new one would not fare better
        return None
    from nats.errors import Error  # noqa: PLC0415 - brings nats

    try:
        error = await ill_health(url, credentials)
    except (Failure, Error, OSError, ValueError, KeyError):
        return None
    return error if "write error" in error else None


async def ill_health(url: str, credentials: Path | None) -> str:
    """What the server finds wrong with itself; empty where nothing is. Asked as `health`, which may do nothing else."""
    server_id = (await _greeting(url))["server_id"]  # of a cluster, the one that we connect to
    async with connected(url, credentials) as client:
        reply = await client.request(HEALTH_REQUEST.format(server_id), timeout=_ANSWER_SECONDS)
    return str(json.loads(reply.data)["data"].get("error", ""))


async def hindrance_of_watch(seen_file: Path) -> str | None:
    """Why `siko topology apply --watch` may not be at work; None when it has just seen the streams right."""
    return _last_seen(seen_file)


def _last_seen(seen_file: Path) -> str | None:
    try:
        age = time.time() - seen_file.stat().st_mtime
    except FileNotFoundError:
        return "it has not seen the streams right yet"
    return f"it saw the streams right {age:.0f} s ago" if age > SEEN_SECONDS else None


async def hindrance_with_topology(url: str, credentials: Path) -> str | None:
    """As `hindrance`; a broker that answers gets its streams before it counts as ready."""
    if reason := await hindrance(url):
        return reason
    from siko_core.topology import apply as apply_topology  # noqa: PLC0415 - brings nats

    async with connected(url, credentials) as client:
        await apply_topology(client)
    return None


@asynccontextmanager
async def connected(url: str, credentials: Path | None) -> AsyncIterator["Client"]:
    """One connection for one errand; an error is raised where it happens and not also logged.

    Failure (exit code 3) where nobody is there who lets us in.
    """
    import nats  # noqa: PLC0415 - takes time
    from siko_core.lasting import CarefulClient  # noqa: PLC0415 - as above

    async def raised_elsewhere(_: Exception) -> None:
        pass

    try:
        client = CarefulClient()
        await client.connect(
            url,
            name="siko-topology",
            allow_reconnect=False,
            error_cb=raised_elsewhere,
            **broker_users.options(credentials),
            **broker_users.tls(url),
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise broker_users.not_connected(url, str(error) or type(error).__name__) from None
    try:
        yield client
    finally:
        await client.close()
