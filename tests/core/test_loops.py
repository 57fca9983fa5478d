"""Loops of background tasks: they go on after errors, pause as they are told, and end only where no attempt can help."""

import asyncio

import pytest
from siko_core.loops import cancel, repeat, retry

NONE = 0.0


class Work:
    """Fails with the errors that it is given, then succeeds for ever."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0

    async def __call__(self) -> float:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return NONE


async def test_the_first_attempt_that_succeeds_is_the_result():
    failures: list[Exception] = []

    def failed(error: Exception) -> float:
        failures.append(error)
        return NONE

    first, second = ConnectionError(), TimeoutError()
    work = Work(first, second)
    assert await retry(work, failed) == NONE
    assert failures == [first, second]
    assert work.runs == 3


async def test_what_no_attempt_can_mend_is_raised():
    def failed(error: Exception) -> float:
        if not isinstance(error, ConnectionError):
            raise error
        return NONE

    work = Work(ConnectionError(), ValueError("of the program"), ConnectionError())
    with pytest.raises(ValueError, match="of the program"):
        await retry(work, failed)
    assert work.runs == 2


async def test_work_is_repeated_until_cancelled_whatever_fails():
    work = Work(ConnectionError())
    running = asyncio.create_task(repeat(work, lambda _: NONE))
    while work.runs < 5:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_pause_is_the_one_that_the_work_or_the_handler_tells(monkeypatch):
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def paused(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr("siko_core.loops.asyncio.sleep", paused)
    longer = iter((1.0, 2.0, 4.0))

    async def work() -> float:
        if len(pauses) in {1, 2}:
            raise ConnectionError
        if len(pauses) > 4:
            raise KeyboardInterrupt
        return 60.0

    with pytest.raises(KeyboardInterrupt):
        await repeat(work, lambda _: next(longer))
    assert pauses == [60.0, 1.0, 2.0, 60.0, 60.0]


async def test_without_a_handler_an_error_ends_the_loop():
    with pytest.raises(ZeroDivisionError):
        await repeat(Work(ZeroDivisionError()))


async def test_a_task_whose_cancellation_was_lost_is_cancelled_again(monkeypatch):
    """As `wait_for` of Python 3.11 loses one that comes together with the result."""
    monkeypatch.setattr("siko_core.loops.CANCEL_AGAIN_SECONDS", 0.05)
    lost: list[int] = []

    async def lose_two() -> None:
        while len(lost) < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost.append(1)
        await asyncio.sleep(60)

    async def fail() -> None:
        raise ZeroDivisionError

    tasks = [asyncio.create_task(lose_two()), asyncio.create_task(fail())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel(tasks)
    assert len(lost) == 2
    assert all(task.done() for task in tasks)
