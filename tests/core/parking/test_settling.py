"""What is parked and repaired is replayed, in order and once; what shall never count is discarded, with a reason."""

import asyncio
from dataclasses import replace

import pytest
from siko_contracts.commands.operations import DiscardDeadLetters, ReplayDeadLetters
from siko_contracts.events import TYPES
from siko_contracts.events.scheduler import ConferenceCancelled
from siko_core.letters import DISCARDED, PARKED, REPLAYED
from siko_core.refusals import AlreadyDone, CommandIdTaken, NotFound, StillFailing

from tests.core.parking.hearing import Broken


async def test_replayed_after_the_repair_it_is_as_if_nothing_had_failed(replica):
    replica.application.fails |= {"b@1": Broken(), "c@2": Broken()}
    await replica.hear("a@1", "b@1", "b@2", "c@1", "c@2", "a@2")
    await replica.hear("b@3", "c@3")
    replica.application.fails.clear()
    for number, aggregate_id in enumerate("bc"):
        await replica.settle(ReplayDeadLetters(aggregate_id=aggregate_id), number)
    await replica.hear("b@4", "c@4", "a@3")
    for aggregate_id, last in {"a": 3, "b": 4, "c": 4}.items():
        expected = [f"{aggregate_id}@{version}" for version in range(1, last + 1)]
        assert replica.heard(aggregate_id) == expected
    assert replica.parked() == []


async def test_a_replay_says_which_and_keeps_who_did_it_why_and_when(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2")
    replica.application.fails.clear()
    answer = await replica.settle(
        ReplayDeadLetters(aggregate_id="b", reason="0.2.1 reads it"),
        actor="operations@it-nrw",
    )
    assert (answer.id, answer.version) == ("b", 2)
    assert answer.letters == ["scheduler.1", "scheduler.2"]
    for letter in replica.letters():
        assert (letter.state, letter.settled_by) == (REPLAYED, "operations@it-nrw")
        assert letter.reason == "0.2.1 reads it"
        assert str(letter.settled_at) >= letter.parked_at


async def test_what_fails_again_stays_parked_and_what_came_before_it_does_not(replica):
    replica.application.fails |= {"b@1": Broken(), "b@3": KeyError()}
    await replica.hear("b@1", "b@2", "b@3", "b@4")
    del replica.application.fails["b@1"]
    with pytest.raises(StillFailing) as failed:
        await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    assert failed.value.details["letter"] == "scheduler.3"
    assert failed.value.details["error"] == "KeyError"
    assert replica.heard("b") == ["b@1", "b@2"]
    assert replica.parked() == ["b@3", "b@4"]
    (letter,) = replica.letters(id="scheduler.3")
    assert (letter.attempts, letter.error, letter.settled_by) == (1, "KeyError", None)
    del replica.application.fails["b@3"]
    await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    assert replica.heard("b") == ["b@1", "b@2", "b@3", "b@4"]


async def test_a_replay_by_id_begins_with_those_before_it(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2", "b@3")
    replica.application.fails.clear()
    answer = await replica.settle(ReplayDeadLetters(id="scheduler.2"))
    assert answer.letters == ["scheduler.1", "scheduler.2"]
    assert replica.parked() == ["b@3"]


async def test_a_replay_while_the_store_is_away_changes_nothing(replica, monkeypatch):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.fails["b@1"] = TimeoutError()
    with pytest.raises(TimeoutError):
        await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    (letter,) = replica.letters()
    assert (letter.state, letter.attempts) == (PARKED, 3)


async def test_what_is_discarded_takes_no_effect_and_holds_up_nothing_any_more(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "b@2")
    answer = await replica.settle(
        DiscardDeadLetters(id="scheduler.1", reason="told by letter"), actor="x@y"
    )
    assert answer.letters == ["scheduler.1"]
    (letter,) = replica.letters(id="scheduler.1")
    assert (letter.state, letter.settled_by, letter.reason) == (DISCARDED, "x@y", "told by letter")
    await replica.hear("b@3")
    assert replica.parked() == ["b@2", "b@3"]
    await replica.settle(ReplayDeadLetters(aggregate_id="b"), 2)
    await replica.hear("b@4")
    assert replica.heard("b") == ["b@2", "b@3", "b@4"]


async def test_a_repeated_command_gets_its_first_answer_and_does_nothing_twice(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.fails.clear()
    first = await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    assert await replica.settle(ReplayDeadLetters(aggregate_id="b")) == first
    assert replica.heard("b") == ["b@1"]


async def test_a_command_id_is_its_askers(replica):
    """Of two operators under the same id each does, and is answered, what is his."""
    replica.application.fails |= {"b@1": Broken(), "c@1": Broken()}
    await replica.hear("b@1", "c@1")
    replica.application.fails.clear()
    first = await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="x@y")
    assert first.letters == ["scheduler.1"]
    with pytest.raises(AlreadyDone):
        await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="z@y")
    answer = await replica.settle(ReplayDeadLetters(aggregate_id="c"), actor="z@y")
    assert answer.letters == ["scheduler.2"]
    assert await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="x@y") == first


@pytest.mark.parametrize(
    "other",
    [
        ReplayDeadLetters(aggregate_id="c"),
        ReplayDeadLetters(aggregate_id="b", reason="another"),
        ReplayDeadLetters(id="scheduler.2"),
        DiscardDeadLetters(aggregate_id="b", reason="x"),
    ],
    ids=["another aggregate", "another reason", "another letter", "another command"],
)
async def test_who_uses_a_command_id_again_for_something_else_is_told_so(replica, other):
    replica.application.fails |= {"b@1": Broken(), "c@1": Broken()}
    await replica.hear("b@1", "c@1")
    replica.application.fails.clear()
    await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    with pytest.raises(CommandIdTaken):
        await replica.settle(other)
    assert replica.parked() == ["c@1"]


async def test_what_an_earlier_version_settled_is_known_by_its_command(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    replica.application.fails.clear()
    first = await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="x@y")
    (letter,) = replica.letters()
    bare, _, _ = letter.command_id.partition(" ")
    replica.recorder.insert_events((), letters=[replace(letter, command_id=bare)])
    assert await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="x@y") == first
    with pytest.raises(AlreadyDone):
        await replica.settle(ReplayDeadLetters(aggregate_id="b"), actor="z@y")


async def test_what_is_settled_or_was_never_parked_is_refused_by_its_name(replica):
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1", "a@1")
    await replica.settle(DiscardDeadLetters(aggregate_id="b", reason="x"))
    with pytest.raises(AlreadyDone):
        await replica.settle(ReplayDeadLetters(aggregate_id="b"), 2)
    with pytest.raises(NotFound):
        await replica.settle(ReplayDeadLetters(aggregate_id="a"), 3)
    with pytest.raises(NotFound):
        await replica.settle(DiscardDeadLetters(id="scheduler.9", reason="x"), 4)


async def test_replicas_that_settle_the_same_at_once_settle_it_once(replica, open_replica):
    other = open_replica()
    await other.hear("a@1")
    replica.application.fails |= {f"b{number}@1": Broken() for number in range(8)}
    await replica.hear(*replica.application.fails)
    replica.application.fails.clear()
    for number in range(8):
        outcomes = await asyncio.gather(
            replica.settle(ReplayDeadLetters(aggregate_id=f"b{number}"), number),
            other.settle(DiscardDeadLetters(aggregate_id=f"b{number}", reason="x"), 10 + number),
            return_exceptions=True,
        )
        (letter,) = replica.letters(aggregate_id=f"b{number}")
        assert isinstance(outcomes[letter.state == REPLAYED], AlreadyDone), outcomes
        expected = [f"b{number}@1"] if letter.state == REPLAYED else []
        assert replica.heard(f"b{number}") == expected


async def test_an_event_that_a_later_version_can_read_is_replayed_by_it(replica, monkeypatch):
    with monkeypatch.context() as older:
        older.setitem(TYPES, "recorded.v1", ConferenceCancelled)
        await replica.hear("b@1", "b@2")
        with pytest.raises(StillFailing) as failed:
            await replica.settle(ReplayDeadLetters(aggregate_id="b"))
        assert failed.value.details["error"] == "ValidationError"
    await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    assert replica.heard("b") == ["b@1", "b@2"]


async def test_a_replica_knows_what_another_has_parked_and_settled(replica, open_replica):
    other = open_replica()
    await other.hear("a@1")
    replica.application.fails["b@1"] = Broken()
    await replica.hear("b@1")
    await other.hear("b@2", "a@2")
    assert other.parked() == ["b@1", "b@2"]
    replica.application.fails.clear()
    await replica.settle(ReplayDeadLetters(aggregate_id="b"))
    await other.hear("b@3")
    assert other.heard("b") == ["b@1", "b@2", "b@3"]
    await replica.hear("b@4")
    assert replica.heard("b") == ["b@1", "b@2", "b@3", "b@4"]
