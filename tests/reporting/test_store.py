"""The store: archive, documents and positions move together, and can look back."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from siko_contracts.queries.reporting import Compliance, Conference, Conferences
from siko_core.follower.message import Followed
from siko_core.positions import OutOfStep, Step
from siko_reporting.store import ReportingStore


def arrived(event, position):
    body = event.model_dump_json().encode()
    return Followed(event.TYPE, body, position, position - 1, position, event)


def test_a_new_store_has_seen_nothing_of_any_producer(store):
    assert store.place("scheduler") == (0, 0)
    assert store.positions() == {"scheduler": 0, "invitations": 0, "agenda": 0}
    answer = store.answer("compliance", Compliance())
    assert (answer.items, answer.as_of, answer.complete) == ([], None, True)


def test_a_store_opened_again_stands_where_it_stood(store, open_store, year, feed):
    feed(store, "scheduler", year["scheduler"])
    again = open_store()
    assert again.place("scheduler") == (len(year["scheduler"]), len(year["scheduler"]))
    assert again.digest() == store.digest()


def test_an_answer_says_how_far_it_has_seen_and_until_when(store, year, feed):
    feed(store, "scheduler", year["scheduler"])
    feed(store, "invitations", year["invitations"][:3])
    answer = store.answer("conferences", Conferences())
    assert answer.position == {"scheduler": len(year["scheduler"]), "invitations": 3, "agenda": 0}
    assert answer.as_of == year["scheduler"][-1].recorded_at


def test_a_batch_applied_twice_is_out_of_step_and_changes_nothing(store, year, feed):
    step = feed(store, "scheduler", year["scheduler"])
    before = store.digest()
    batch = [arrived(event, at) for at, event in enumerate(year["scheduler"], start=1)]
    with pytest.raises(OutOfStep):
        store.apply(batch, step)
    assert store.digest() == before
    assert store.place("scheduler") == (step.position, step.sequence)
    store.rebuild()
    assert store.digest() == before


def test_a_batch_behind_a_hole_is_out_of_step(store, year):
    with pytest.raises(OutOfStep):
        store.apply([arrived(year["scheduler"][0], 8)], Step("scheduler", 7, 8, 8))
    assert store.place("scheduler") == (0, 0)


def test_positions_may_have_holes(store, year):
    first, second = year["scheduler"][2:4]
    store.apply([arrived(first, 4), arrived(second, 9)], Step("scheduler", 0, 9, 2))
    assert store.place("scheduler") == (9, 2)
    assert len(store.answer("conferences", Conferences()).items) == 1


def test_an_event_of_an_unknown_type_is_archived_and_moves_the_position(store, year):
    common = json.loads(year["scheduler"][0].model_dump_json())
    body = json.dumps(common | {"moon": "full"}).encode()
    unknown = Followed("moon_risen.v1", body, 1, 0, 1, None)
    store.apply([unknown], Step("scheduler", 0, 1, 1))
    assert store.place("scheduler") == (1, 1)
    assert store.answer("conferences", Conferences()).as_of is not None
    store.rebuild()


def test_one_batch_gives_the_same_documents_as_an_event_at_a_time(store, year, feed, tmp_path):
    for producer, history in year.items():
        feed(store, producer, history)
    single = ReportingStore(f"sqlite:///{tmp_path / 'single.db'}")
    for producer, history in year.items():
        for event in history:
            feed(single, producer, [event])
    assert single.digest() == store.digest()
    single.close()


def test_rebuilt_documents_equal_the_live_ones(full_store):
    live = full_store.digest()
    full_store.rebuild()
    assert full_store.digest() == live


def test_a_rebuild_repairs_documents_from_the_archive(full_store):
    live = full_store.digest()
    with full_store._writing.transaction() as connection:
        connection.exec_driver_sql("delete from documents where view <> 'clock'")
    assert full_store.digest() != live
    full_store.rebuild()
    assert full_store.digest() == live


def test_a_file_that_nobody_told_of_is_no_item(full_store):
    assert full_store.answer("conference", Conference(conference_id="none")).items == []


def test_followers_of_several_producers_meet_in_one_file_and_lose_nothing(
    store, open_store, year, feed, tmp_path
):
    replicas = {producer: open_store() for producer in year}

    def follow(producer):
        for event in year[producer]:
            feed(replicas[producer], producer, [event])

    with ThreadPoolExecutor(len(year)) as threads:
        list(threads.map(follow, year))
    one_by_one = ReportingStore(f"sqlite:///{tmp_path / 'calm.db'}")
    for producer, history in year.items():
        feed(one_by_one, producer, history)
    assert store.digest() == one_by_one.digest()
    one_by_one.close()


def test_two_replicas_that_follow_one_producer_apply_a_batch_once(store, open_store, year):
    batch = [arrived(event, at) for at, event in enumerate(year["scheduler"], start=1)]
    step = Step("scheduler", 0, len(batch), len(batch))

    def apply(replica):
        try:
            replica.apply(batch, step)
        except OutOfStep:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        applied = list(threads.map(apply, [open_store(), open_store()]))
    assert sorted(applied) == [False, True]
    assert store.place("scheduler") == (step.position, step.sequence)


def test_replicas_may_open_one_new_database_at_once(database_url):
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(ReportingStore, [database_url] * 4))
    assert all(store.place("scheduler") == (0, 0) for store in stores)
    for store in stores:
        store.close()
