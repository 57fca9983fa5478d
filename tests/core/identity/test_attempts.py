"""Wrong attempts are limited, of each source and in all; right ones are not."""

import asyncio

import pytest
from siko_contracts.answers import Answer, Error, Refusal
from siko_core.identity.attempts import IN_ALL, OF_ONE, WINDOW_SECONDS, Attempts
from siko_core.refusals import Unavailable

WRONG = Refusal(error=Error(code="UnknownAnswerLink"))
OTHER = Refusal(error=Error(code="AnswerAfterStart"))
RIGHT = Answer(id="invitation:c1:ag-koeln", version=3)


class Door:
    """Attempts at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.attempts = Attempts("UnknownAnswerLink", clock=lambda: self.now)
        self.performed = 0

    def tries(self, source, outcome=WRONG):
        async def perform():
            self.performed += 1
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return asyncio.run(self.attempts.limit(source, perform))


@pytest.fixture
def door():
    return Door()


def test_a_token_tried_a_thousand_times_is_looked_at_ten_times_and_then_told_to_wait(door):
    for _ in range(OF_ONE):
        assert door.tries("a") is WRONG
    for _ in range(1000 - OF_ONE):
        with pytest.raises(Unavailable) as refused:
            door.tries("a")
    assert refused.value.details == {"retry_after_s": WINDOW_SECONDS}
    assert door.performed == OF_ONE


def test_a_source_that_has_failed_too_often_waits_with_the_right_token_too_and_others_do_not(door):
    for _ in range(OF_ONE):
        door.tries("a")
    with pytest.raises(Unavailable):
        door.tries("a", RIGHT)
    assert door.tries("b", RIGHT) is RIGHT


@pytest.mark.parametrize("outcome", [RIGHT, OTHER])
def test_who_has_a_right_token_is_not_limited(door, outcome):
    for _ in range(3 * OF_ONE):
        assert door.tries("a", outcome) is outcome


def test_an_attempt_that_could_not_be_decided_does_not_count(door):
    for _ in range(3 * OF_ONE):
        with pytest.raises(OSError, match="away"):
            door.tries("a", OSError("the store is away"))
    assert door.tries("a", RIGHT) is RIGHT


def test_many_sources_are_limited_together(door):
    for number in range(IN_ALL):
        door.tries(f"source {number}")
    with pytest.raises(Unavailable):
        door.tries("another")


def test_after_the_window_everybody_begins_anew(door):
    for _ in range(OF_ONE):
        door.tries("a")
    door.now += WINDOW_SECONDS
    assert door.tries("a") is WRONG


def test_what_is_in_flight_counts_until_it_is_known_to_be_right(door):
    async def at_once():
        ready = asyncio.Event()

        async def perform():
            await ready.wait()
            return RIGHT

        tasks = [asyncio.create_task(door.attempts.limit("a", perform)) for _ in range(OF_ONE + 1)]
        await asyncio.sleep(0)
        ready.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        return outcomes, await door.attempts.limit("a", perform)

    outcomes, later = asyncio.run(at_once())
    assert [type(outcome) for outcome in outcomes].count(Unavailable) == 1
    assert later is RIGHT
