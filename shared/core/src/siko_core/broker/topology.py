"""The streams' configuration in one place. Services only check it; this module alone creates and updates streams."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError
from siko_contracts.messages import (
    PRODUCERS,
    SIGNOUTS,
    STREAMS,
    event_subjects,
    signout_subject,
    stream,
)

from siko_core.loops import repeat

log = structlog.get_logger()
LOOK_AGAIN_SECONDS = 1.0
ANSWER_SECONDS = 2.0
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
MOST_SIGNOUTS = 1_000_000
LONGEST_LIFE_SECONDS = 12 * 3600
"""The longest life of a token."""
DEDUPE_SECONDS = 0.1  # the fence prevents duplicates; a longer window would refuse a refill


@dataclass(frozen=True)
class Difference:
    """One change that `apply` would make: create a stream, or reset a field that has drifted."""

    stream: str
    field: str
    wanted: Any
    found: Any


def streams(replicas: int = 1) -> list[StreamConfig]:
    """Return one stream per producer, and that of the sign-outs.

    Events are kept without limit and never deleted; a full stream is an error and never loses messages.
    """
    return [*_events(replicas), _signouts(replicas)]


def _events(replicas: int) -> list[StreamConfig]:
    return [
        StreamConfig(
            name=stream(producer),
            subjects=[f"{event_subjects(producer)}>"],
            description=f"events of siko's {producer}, refillable from its store",
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_age=0,
            max_msgs=-1,
            max_bytes=-1,
            max_msg_size=MAX_MESSAGE_BYTES,
            num_replicas=replicas,
            duplicate_window=DEDUPE_SECONDS,
            deny_delete=True,
            deny_purge=True,
            allow_direct=True,
            allow_atomic=True,
        )
        for producer in PRODUCERS
    ]


def _signouts(replicas: int) -> StreamConfig:
    """A sign-out is kept as long as its token may live; nobody can revoke it."""
    return StreamConfig(
        name=stream(SIGNOUTS),
        subjects=[signout_subject("*")],
        description="tokens of siko that were signed out, by a hash",
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=LONGEST_LIFE_SECONDS,
        max_msgs=MOST_SIGNOUTS,
        max_msgs_per_subject=1,
        max_bytes=-1,
        max_msg_size=1024,
        num_replicas=replicas,
        duplicate_window=DEDUPE_SECONDS,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
    )


FIELDS = (
    "subjects", "retention", "storage", "discard", "max_age", "max_msgs", "max_msgs_per_subject", "max_bytes", "max_msg_size",
    "num_replicas", "duplicate_window", "deny_delete", "deny_purge", "allow_direct",
    "allow_atomic",
)  # fmt: skip


async def plan(
    client: Client, replicas: int = 1, only: Sequence[str] = STREAMS
) -> list[Difference]:
    """Return the differences from the wanted configuration; empty if `apply` has nothing to do."""
    jetstream = client.jetstream()
    differences = []
    for wanted in streams(replicas):
        name = str(wanted.name)
        if name not in map(stream, only):
            continue
        try:
            current = (await jetstream.stream_info(name)).config
        except NotFoundError:
            differences.append(Difference(name, "stream", "present", "missing"))
            continue
        differences += [
            Difference(name, field, getattr(wanted, field), getattr(current, field))
            for field in FIELDS
            if (getattr(wanted, field) or None) != (getattr(current, field) or None)
        ]
    return differences


async def apply(
    client: Client, replicas: int = 1, only: Sequence[str] = STREAMS
) -> list[Difference]:
    """Create or update the streams as configured; return what was changed. Idempotent."""
    jetstream = client.jetstream()
    differences = await plan(client, replicas, only)
    for wanted in streams(replicas):
        changes = [d for d in differences if d.stream == wanted.name]
        if any(d.field == "stream" for d in changes):
            await jetstream.add_stream(wanted)
        elif changes:
            await jetstream.update_stream(wanted)
    return differences


async def watch(
    url: str,
    *,
    credentials: Path | None = None,
    ca_file: Path | None = None,
    replicas: int = 1,
    seen: Callable[[], None] = lambda: None,
) -> None:
    """Run `apply` every second without end, whether or not the broker answers.

    `seen` is called each time the streams are as configured. Every change that was needed is logged.
    """
    from siko_core.broker.connection import connect_for_ever  # noqa: PLC0415 - as above

    client = await connect_for_ever(url, "topology", credentials, ca_file)
    log.info("watching_streams", streams=[stream(name) for name in STREAMS])

    async def look() -> float:
        if all([await _keep(client, replicas, producer) for producer in STREAMS]):
            seen()
        return LOOK_AGAIN_SECONDS

    await repeat(look)


async def _keep(client: Client, replicas: int, producer: str) -> bool:
    """Apply one stream's configuration separately, so that one the broker refuses does not hold up the others."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            for difference in await apply(client, replicas, [producer]):
                log.warning("stream_changed", **{k: str(v) for k, v in vars(difference).items()})
    except (NatsError, TimeoutError) as error:
        log.warning("topology_waits", stream=stream(producer), reason=_reason(error))
        return False
    return True


def _reason(error: Exception) -> str:
    return getattr(error, "description", None) or type(error).__name__
