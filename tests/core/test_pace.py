"""What goes on following closely is done together, and something alone at once."""

import asyncio

import pytest
from siko_core.broker import batching as pace
from siko_core.broker.batching import AT_ONCE, Pace


async def waited(paced: Pace) -> bool:
    """Whether the next piece of work had to wait; it is begun in any case."""
    waiting = asyncio.create_task(paced.wait())
    await asyncio.sleep(0)
    at_once = waiting.done()
    await waiting
    paced.begin()
    return not at_once


@pytest.fixture(autouse=True)
def one_follows_closely_for_a_minute(monkeypatch):
    monkeypatch.setattr(pace, "CLOSE_SECONDS", 60.0)
    monkeypatch.setattr(pace, "TOGETHER_SECONDS", 0.02)


async def test_what_goes_on_following_closely_waits_each_time():
    paced = Pace()
    found = [await waited(paced) for _ in range(AT_ONCE + 4)]
    assert found == [False] * (AT_ONCE + 1) + [True] * 3


async def test_something_alone_does_not_wait_whatever_was_before_it(monkeypatch):
    paced = Pace()
    for _ in range(AT_ONCE + 2):
        await waited(paced)
    monkeypatch.setattr(pace, "CLOSE_SECONDS", 0.0)
    assert not await waited(paced)


async def test_looking_in_vain_is_no_work():
    paced = Pace()
    assert not await waited(paced)
    for _ in range(AT_ONCE + 2):
        await paced.wait()
    assert not await waited(paced)
