"""What a producer has lost is kept, listed and counts in no view; who looks back still sees what was known then."""

from datetime import UTC, datetime, timedelta

import pytest
from siko_contracts.events import HistoryLost
from siko_contracts.queries.reporting import Actions, Invitations, Withdrawn
from siko_core.refusals import InvalidCommand
from siko_reporting.service import service
from siko_reporting.store import ReportingStore
from siko_reporting.views import VIEWS

LOST_AT = "2026-01-10"


@pytest.fixture
def lose(happened, feed):
    """The producer tells that its positions from the first one to the last one heard of are lost."""

    def told(store, first, *, producer="scheduler", recorded=LOST_AT, last=None, also=()):
        last = last or store.place(producer)[0]
        lost = happened(
            HistoryLost, recorded, authority="nrw", aggregate=f"history:{producer}", from_=first, to=last
        )  # fmt: skip
        feed(store, producer, [*also, lost])

    return told


@pytest.fixture
def kept(year, feed, tmp_path):
    """A store that has never heard of what the scheduler loses, all but its first four events."""
    store = ReportingStore(f"sqlite:///{tmp_path / 'kept.db'}")
    feed(store, "scheduler", year["scheduler"][:4])
    for producer in ("invitations", "agenda"):
        feed(store, producer, year[producer])
    yield store
    store.close()


def asked(name, **fields):
    if name == "conference":
        fields["conference_id"] = "joint"
    return service.queries[name](**fields)


def test_what_is_lost_counts_in_no_view(full_store, kept, lose):
    assert full_store.digest() != kept.digest()
    lose(full_store, 5)
    assert full_store.digest() == kept.digest()


def test_a_loss_in_the_same_batch_as_what_is_lost_is_the_same(store, kept, year, feed, lose):
    for producer in ("invitations", "agenda"):
        feed(store, producer, year[producer])
    lose(store, 5, last=len(year["scheduler"]), also=year["scheduler"])
    assert store.digest() == kept.digest()


def test_a_rebuild_after_a_loss_equals_the_live_documents(full_store, lose):
    lose(full_store, 5)
    live = full_store.digest()
    full_store.rebuild()
    assert full_store.digest() == live


def test_what_happens_behind_the_loss_counts(full_store, kept, year, feed, lose):
    lose(full_store, 5)
    for store in (full_store, kept):
        feed(store, "scheduler", year["scheduler"][4:6])
    assert full_store.digest() == kept.digest()
    full_store.rebuild()
    assert full_store.digest() == kept.digest()


def test_other_producers_lose_nothing(full_store, lose):
    before = full_store.answer("invitations", Invitations()).items
    assert before
    lose(full_store, 1, producer="agenda")
    assert full_store.answer("invitations", Invitations()).items == before
    assert full_store.answer("actions", Actions()).items == []


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_who_looks_back_to_before_the_loss_sees_what_was_known_then(full_store, lose, name):
    moment = datetime(2026, 1, 9, 12, tzinfo=UTC)
    then = full_store.answer(name, asked(name, as_of=moment)).items
    assert then
    lose(
        full_store, 1, last=full_store.place("scheduler")[0] - 1
    )  # the last one says what day it is
    assert full_store.answer(name, asked(name, as_of=moment)).items == then
    behind = full_store.answer(name, asked(name, as_of=moment + timedelta(days=2)))
    assert behind.items == full_store.answer(name, asked(name)).items


def test_what_was_withdrawn_is_listed(full_store, year, lose):
    assert full_store.answer("withdrawn", Withdrawn()).items == []
    lose(full_store, 5)
    answer = full_store.answer("withdrawn", Withdrawn())
    assert [(item["producer"], item["position"]) for item in answer.items] == [
        ("scheduler", position) for position in range(5, len(year["scheduler"]) + 1)
    ]
    assert answer.items[0] == {
        "producer": "scheduler",
        "position": 5,
        "type": year["scheduler"][4].TYPE,
        "event_id": year["scheduler"][4].event_id,
        "aggregate_id": year["scheduler"][4].aggregate_id,
        "recorded_at": year["scheduler"][4].model_dump(mode="json")["recorded_at"],
        "withdrawn_at": f"{LOST_AT}T12:00:00Z",
    }
    assert answer.position["scheduler"] == len(year["scheduler"]) + 1
    assert full_store.answer("withdrawn", Withdrawn(producer="agenda")).items == []
    before = Withdrawn(as_of=datetime(2026, 1, 9, tzinfo=UTC))
    assert full_store.answer("withdrawn", before).items == []


def test_what_was_lost_twice_was_withdrawn_the_first_time(full_store, year, lose):
    lose(full_store, 5)
    lose(full_store, 3, recorded="2026-01-11")
    items = full_store.answer("withdrawn", Withdrawn()).items
    assert [item["position"] for item in items] == list(range(3, len(year["scheduler"]) + 2))
    assert [item["withdrawn_at"][:10] for item in items[:3]] == [
        "2026-01-11", "2026-01-11", "2026-01-10",
    ]  # fmt: skip


def test_the_list_has_pages(full_store, lose):
    lose(full_store, 1)
    lose(full_store, 1, producer="agenda")
    whole = full_store.answer("withdrawn", Withdrawn()).items
    pages, cursor = [], None
    while cursor or not pages:
        answer = full_store.answer("withdrawn", Withdrawn(limit=3, cursor=cursor))
        pages, cursor = pages + answer.items, answer.cursor
    assert pages == whole
    with pytest.raises(InvalidCommand):
        full_store.answer("withdrawn", Withdrawn(cursor="3"))
