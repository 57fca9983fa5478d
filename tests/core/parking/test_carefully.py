"""Whatever fails, and however often: each event is applied or parked once, and each aggregate's order stays."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from siko_core.faults import Fault
from siko_core.follower import parking
from siko_core.follower.message import Followed
from siko_core.follower.parking import ATTEMPTS, carefully, divide
from siko_core.letters import Letter
from siko_core.positions import Step

from tests.core.parking.hearing import PRODUCER, Broken, message


class Store:
    """Applies all of a batch or nothing; its database is away at some calls, some events fail for good."""

    def __init__(self, broken: set[str], away_at: set[int]) -> None:
        self.broken = broken
        self.away_at = away_at
        self.calls = 0
        self.place = 0
        self.applied: list[str] = []
        self.letters: list[Letter] = []

    async def apply(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> None:
        self.calls += 1
        if self.calls in self.away_at:
            raise TimeoutError
        assert step.previous == self.place
        parked = {(PRODUCER, letter.aggregate_id) for letter in self.letters}
        passed, letters = divide(PRODUCER, batch, parked, fault)
        event_ids = [each.event.event_id for each in passed if each.event]
        if not self.broken.isdisjoint(event_ids):
            raise Broken
        self.applied += event_ids
        self.letters += letters
        self.place = step.position


aggregates = st.lists(st.sampled_from("abc"), min_size=1, max_size=30)


@given(
    of=aggregates,
    broken=st.sets(st.integers(0, 29)),
    away_at=st.sets(st.integers(1, 60)),
    cuts=st.sets(st.integers(1, 29)),
)
def test_each_event_takes_effect_once_or_is_parked_once_in_order(of, broken, away_at, cuts):
    history = [f"{each}@{1 + of[:number].count(each)}" for number, each in enumerate(of)]
    messages = [message(number, number - 1, each) for number, each in enumerate(history, start=1)]
    store = Store({history[number] for number in broken if number < len(of)}, away_at)
    asyncio.run(_follow(store, messages, sorted(cuts)))
    parked = [str(letter.event_id) for letter in store.letters]
    assert sorted([*store.applied, *parked]) == sorted(history)
    for each in "abc":
        whole = [event_id for event_id in history if event_id[0] == each]
        took_effect = [event_id for event_id in store.applied if event_id[0] == each]
        first = next((n for n, event_id in enumerate(whole) if event_id in store.broken), None)
        assert took_effect == whole[:first]
        assert [event_id for event_id in parked if event_id[0] == each] == whole[len(took_effect) :]
    for letter in store.letters:
        assert letter.attempts in {0, ATTEMPTS}


async def _follow(store: Store, messages: Sequence[Followed], cuts: Sequence[int]) -> None:
    """As the follower does: whatever hinders, from the stored place again."""
    pause, parking.PAUSE_SECONDS = parking.PAUSE_SECONDS, 0
    try:
        while store.place < len(messages):
            end = next((cut for cut in cuts if cut > store.place), len(messages))
            try:
                await carefully(store.apply, PRODUCER, store.place, messages[store.place : end])
            except TimeoutError:
                continue
    finally:
        parking.PAUSE_SECONDS = pause
