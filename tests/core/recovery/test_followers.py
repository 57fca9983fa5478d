"""Who follows a service that has lost a part of its history goes on behind it."""

import asyncio
from collections.abc import Sequence

import pytest
from nats.aio.client import Client
from siko_contracts.messages import stream
from siko_core.broker import topology
from siko_core.follower.follower import Follower
from siko_core.follower.message import Followed
from siko_core.positions import Place, Step

from tests.core.recovery.restored import amend, ensure_chain, write


async def follow_on(client: Client, place: Place, until: int) -> list[Followed]:
    """What a follower that stands there applies, up to this position."""
    applied: list[Followed] = []
    standing = place
    done = asyncio.Event()

    async def where(_: str) -> Place:
        return standing

    async def apply(batch: Sequence[Followed], step: Step) -> None:
        nonlocal standing
        applied.extend(batch)
        standing = Place(step.position, step.sequence)
        if step.position >= until:
            done.set()

    follower = Follower("invitations", "scheduler", client, where, apply)
    running = asyncio.create_task(follower.run())
    try:
        await asyncio.wait_for(done.wait(), 20)
    finally:
        running.cancel()
    return applied


async def test_a_follower_goes_on_over_the_lost_positions(restored):
    await restored.recovers()
    restored.does(amend("a"))
    await restored.publishes()
    seen = await follow_on(restored.client, Place(4, 4), 9)
    assert [each.position for each in seen] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("position", [3, 7])
@pytest.mark.parametrize("further", [0, 3, 9])
async def test_a_follower_goes_on_when_the_stream_is_filled_anew_without_what_was_lost(
    restored, position, further
):
    """Such a stream leads from 2 to 8, and from nowhere to where the follower stands; and its numbers are others."""
    await restored.recovers()
    jetstream = restored.client.jetstream()
    await jetstream.delete_stream(stream("scheduler"))
    await topology.apply(restored.client)
    restored.does(*[write(f"n{n}") for n in range(further)])
    ensure_chain(await restored.publishes())
    seen = await follow_on(restored.client, Place(position, position), 8 + further)
    assert [each.position for each in seen] == list(range(8, 9 + further))


async def test_a_follower_never_steps_over_what_is_not_lost(restored):
    """At position 1 it has not seen 2, which counts."""
    await restored.recovers()
    jetstream = restored.client.jetstream()
    await jetstream.delete_stream(stream("scheduler"))
    await topology.apply(restored.client)
    await restored.publishes()
    seen = await follow_on(restored.client, Place(1, 2), 8)
    assert [each.position for each in seen] == [2, 8]
