"""Every message names the epoch of its store: a new one begins behind what a restore has lost, and no id is given again."""

from typing import Any

import pytest
from siko_contracts.messages import EPOCH, stream
from siko_core.broker import topology
from siko_core.eventsourced.history import Epochs, History, epochs
from siko_core.positions import Place
from siko_core.recovery.compare import HistoriesDiffer

from tests.core.recovery.restored import Copy, Service, amend, ensure_chain, ids, withdraw, write
from tests.core.recovery.test_followers import follow_on

MS_OF_2026 = 1_767_225_600_000


async def headers_of(service: Service) -> list[dict[str, str]]:
    """Of all that the stream holds, when the store's relay has published what it has."""
    told = await service.publishes()
    jetstream, name = service.client.jetstream(), stream("scheduler")
    held = [await jetstream.get_msg(name, seq=number) for number in range(1, len(told) + 1)]
    return [message.headers or {} for message in held]


async def epochs_told(service: Service) -> list[str]:
    return [headers[EPOCH] for headers in await headers_of(service)]


async def filled_anew(service: Service) -> None:
    await service.client.jetstream().delete_stream(stream("scheduler"))
    await topology.apply(service.client)


async def test_a_store_has_one_epoch_until_it_loses_something_and_it_is_not_anothers(
    service, tmp_path, client
):
    service.does(write("a"), write("b"))
    (epoch,) = set(await epochs_told(service))
    service.close()
    service.does(write("c"))
    assert await epochs_told(service) == [epoch] * 3
    await filled_anew(service)
    assert await epochs_told(service) == [epoch] * 3
    other = Service(f"sqlite:///{tmp_path}/other.db", tmp_path, client)
    assert epochs(other.open().application).first != epoch
    other.close()


async def test_a_new_epoch_begins_with_history_lost(restored):
    await restored.recovers()
    restored.does(write("d"))
    told = await epochs_told(restored)
    first, *_, second = told
    assert told == [first] * 7 + [second] * 2
    assert first != second
    await filled_anew(restored)
    assert await epochs_told(restored) == [first] * 2 + [second] * 2


async def test_what_a_store_decided_out_of_its_streams_sight_is_of_the_new_epoch(restored):
    restored.does(withdraw("b"))
    with pytest.raises(HistoriesDiffer):
        await restored.starts()
    await restored.recovers()
    told = await epochs_told(restored)
    assert told[7] == told[8] != told[6]


async def test_where_the_stream_was_restored_too_no_position_is_given_again(restored):
    await filled_anew(restored)
    await restored.publishes()
    assert await restored.recovers() is None, "the stream tells of no loss"
    done = await restored.recovers(is_stream_restored=True)
    assert done["position"] > MS_OF_2026
    (answer,) = restored.does(write("d"))
    assert answer.position == done["position"] + 1
    told = await restored.publishes()
    assert ids(told)[:2] == [(1, "a@1"), (2, "b@1")]
    assert (told[2]["from"], told[2]["to"]) == (3, done["position"] - 1)
    ensure_chain(told)
    first, _, second, third = await epochs_told(restored)
    assert first != second == third


async def test_two_restores_of_one_copy_give_other_positions_and_another_epoch(service):
    service.does(write("a"))
    await service.publishes()
    service.close()
    copy = Copy(service.url)
    given: dict[str, Any] = {}
    for number in range(3):
        service.does(write("b"), write(f"c{number}"))
        told, headers = await service.publishes(), await headers_of(service)
        for event, each in zip(told, headers, strict=True):
            known = (each[EPOCH], event["event_id"], event["recorded_at"])
            assert given.setdefault(each["ce-id"], known) == known
        if number < 2:
            service.close()
            copy.put_back()
            if number == 0:
                copy = Copy(service.url)
            await filled_anew(service)
            await service.recovers(is_stream_restored=True)
    assert len({epoch for epoch, *_ in given.values()}) == 3


async def test_a_stream_that_is_ahead_is_listed_even_where_it_is_said_to_be_restored(restored):
    restored.does(amend("b"))
    findings = await restored.compares(is_stream_restored=True)
    assert (findings.first, len(findings.lost)) == (3, 5)
    assert [event["event_id"] for event in findings.moving] == ["b@2"]
    done = await restored.recovers(is_stream_restored=True)
    assert restored.stored()[2:] == [
        (done["position"], "history:scheduler@1"),
        (done["position"] + 1, "b@2"),
    ]
    assert restored.does(write("d"))[0].position == done["position"] + 2
    ensure_chain(await restored.publishes())


@pytest.mark.parametrize("position", [3, 7])
async def test_a_follower_that_was_not_restored_goes_on_over_what_nobody_can_list(
    restored, position
):
    await filled_anew(restored)
    done = await restored.recovers(is_stream_restored=True)
    await restored.publishes()
    seen = await follow_on(restored.client, Place(position, position), done["position"])
    assert [each.position for each in seen] == [done["position"]]


def test_a_loss_of_an_earlier_version_begins_no_epoch():
    def loss(first: int, last: int, epoch: str | None) -> Any:
        return History.Lost.model_construct(first=first, last=last, epoch=epoch)

    known = Epochs("E1", [loss(3, 4, None), loss(8, 9, "E2")])
    assert [known.at(position) for position in (2, 5, 7, 10)] == ["E1", "E1", "E1", "E2"]
