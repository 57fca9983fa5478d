"""What follows closely is done together, and something alone at once."""

import asyncio

import pytest
from siko_core import pace
from siko_core.pace import Pace


async def is_at_once(paced: Pace) -> bool:
    """Whether the next piece of work may begin without a pause; it is begun in any case."""
    waiting = asyncio.create_task(paced.wait())
    await asyncio.sleep(0)
    at_once = waiting.done()
    await waiting
    return at_once


@pytest.fixture(autouse=True)
def one_follows_closely_for_a_minute(monkeypatch):
    monkeypatch.setattr(pace, "CLOSE_SECONDS", 60.0)
    monkeypatch.setattr(pace, "TOGETHER_SECONDS", 0.02)


async def test_the_first_does_not_wait():
    assert await is_at_once(Pace())


async def test_what_follows_closely_waits():
    paced = Pace()
    assert await is_at_once(paced)
    assert not await is_at_once(paced)


async def test_what_comes_later_does_not_wait(monkeypatch):
    paced = Pace()
    assert await is_at_once(paced)
    monkeypatch.setattr(pace, "CLOSE_SECONDS", 0.0)
    assert await is_at_once(paced)
