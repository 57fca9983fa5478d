"""Parking in reporting: what a fold cannot take holds up its own aggregate, and answers say that it is missing."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import siko_reporting.store
import siko_reporting.withdrawn
from siko_contracts.events import Event, HistoryLost
from siko_contracts.events.invitations import BodyAdded, BodyRemoved
from siko_contracts.events.scheduler import (
    ConferenceCancelled,
    ConferenceConvened,
    ConferenceHeld,
    ConferenceOpened,
    ConferenceScheduled,
)
from siko_contracts.queries.reporting import Conferences, Withdrawn
from siko_core.follower.message import Followed, read
from siko_core.follower.parking import carefully
from siko_core.letters import DISCARDED, PARKED, REPLAYED, Letter, LetterFilter, Settlement
from siko_reporting.service import service
from siko_reporting.store import ReportingStore
from siko_reporting.views import VIEWS, conferences

ConferenceEvents = (
    ConferenceScheduled
    | ConferenceConvened
    | ConferenceOpened
    | ConferenceHeld
    | ConferenceCancelled
)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr("siko_core.follower.parking.PAUSE_SECONDS", 0.0)


def arrive(
    store: ReportingStore, producer: str, events: Sequence[Event | tuple[str, bytes]]
) -> None:
    """As the follower applies them: in one batch, parking what fails for good. Raw ones by type and body."""
    position, sequence = store.place(producer)
    batch = []
    for number, told in enumerate(events, start=1):
        type_, body = (
            (told.TYPE, told.model_dump_json().encode()) if isinstance(told, Event) else told
        )
        event, fault = read(type_, body)
        at = {"position": position + number, "previous": position + number - 1}
        batch.append(
            Followed(type_, body, **at, sequence=sequence + number, event=event, fault=fault)
        )

    async def apply(*arguments: Any) -> Any:
        return store.apply(*arguments)

    asyncio.run(carefully(apply, producer, position, batch))


def settle(store: ReportingStore, state: str, **sought: Any) -> Sequence[Letter]:
    settlement = Settlement(state, "2026-01-01T00:00:00+00:00", "x@y", "because", "c1")
    return store.change(
        LetterFilter(state=PARKED, **sought), settlement.of, replay=state == REPLAYED
    )


def parked(store: ReportingStore) -> list[str | None]:
    return [letter.event_id for letter in store.letters(LetterFilter(state=PARKED))]


@pytest.fixture
def broken(monkeypatch):
    """A mistake in a view: it stumbles over a conference called `other`."""
    whole = conferences.evolve

    def evolve(document: Any, event: Any) -> Any:
        if isinstance(event, ConferenceScheduled) and event.conference_id == "other":
            raise KeyError(event.place)
        return whole(document, event)

    monkeypatch.setattr(conferences, "evolve", evolve)
    return partial(monkeypatch.setattr, conferences, "evolve", whole)


def test_what_a_view_cannot_take_is_parked_and_all_else_goes_on(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    assert parked(store) == ["other@1", "other@2"]
    culprit, behind = store.letters(LetterFilter())
    assert (culprit.error, culprit.attempts) == ("KeyError", 3)
    assert str(culprit.found_in).startswith("siko_reporting.")
    assert (behind.error, behind.attempts) == (None, 0)
    assert store.place("scheduler") == (len(year["scheduler"]),) * 2
    answer = store.answer("conferences", Conferences())
    assert [item["conference_id"] for item in answer.items] == ["joint"]


def test_an_answer_says_what_is_missing_until_it_is_settled(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    names = {name: model for name, model in service.queries.items() if name in VIEWS}
    for name, model in names.items():
        asked = {"conference_id": "joint"} if name == "conference" else {}
        answer = store.answer(name, model(**asked))
        assert (answer.complete, answer.parked) == (False, ["other"])
    broken()
    settle(store, REPLAYED, aggregate_id="other")
    answer = store.answer("conferences", Conferences())
    assert (answer.complete, answer.parked) == (True, [])
    assert {item["conference_id"] for item in answer.items} == {"joint", "other"}


def test_what_was_withdrawn_is_answered_with_the_same_reserve(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    assert store.answer("withdrawn", Withdrawn()).complete is False


@pytest.fixture
def calm(year, tmp_path):
    """What the store would be had nothing failed."""
    calm = ReportingStore(f"sqlite:///{tmp_path / 'calm.db'}")
    for producer, history in year.items():
        arrive(calm, producer, history)
    yield calm
    calm.close()


def test_replayed_it_is_as_if_nothing_had_failed(store, open_store, year, calm, broken):
    arrive(store, "scheduler", year["scheduler"][:5])
    again = open_store()
    for producer, history in year.items():
        arrive(again, producer, history[5:] if producer == "scheduler" else history)
    assert again.digest() != calm.digest()
    broken()
    settled = settle(again, REPLAYED, aggregate_id="other")
    assert [letter.event_id for letter in settled] == ["other@1", "other@2"]
    assert again.digest() == calm.digest()
    again.rebuild()
    assert again.digest() == calm.digest()


def test_replayed_it_has_always_been_known(store, year, calm, broken):
    """`as_of` is what had been recorded by then, not what reporting could take by then."""
    for producer, history in year.items():
        arrive(store, producer, history)
    broken()
    settle(store, REPLAYED, aggregate_id="other")
    for moment in ("2025-01-10T23:00:00Z", "2025-01-15T00:00:00Z", "2025-03-01T00:00:00Z"):
        query = Conferences(as_of=moment)
        assert store.answer("conferences", query).items == calm.answer("conferences", query).items


def of_its_aggregate(event: Event) -> Event:
    """With the id of the aggregate that such an event comes from (contracts §2)."""
    conference, body = (getattr(event, name, None) for name in ("conference_id", "body_id"))
    if action := getattr(event, "action_id", None):
        found = action
    elif topic := getattr(event, "topic_id", None):
        found = f"agenda:{conference}" if hasattr(event, "number") else topic
    elif conference and body and not isinstance(event, BodyAdded | BodyRemoved):
        found = f"invitation:{conference}:{body}"
    elif conference and not isinstance(event, ConferenceEvents):
        found = f"list:{conference}"
    else:
        found = event.aggregate_id
    return event.model_copy(update={"aggregate_id": found})


def test_whichever_aggregate_comes_late_the_views_are_the_same(year, tmp_path, monkeypatch):
    """Parked from its first event on, and replayed after everything else."""
    stumbled: set[str] = set()
    whole = siko_reporting.store.evolve

    def stumble(documents: Any, event: Event, *folds: Any) -> Any:
        if event.aggregate_id in stumbled:
            raise RuntimeError
        return whole(documents, event, *folds)

    monkeypatch.setattr(siko_reporting.store, "evolve", stumble)
    year = {producer: list(map(of_its_aggregate, history)) for producer, history in year.items()}
    aggregates = dict.fromkeys(e.aggregate_id for history in year.values() for e in history)
    digests: dict[str, str] = {}
    for late in ["", *aggregates]:
        stumbled.add(late)
        store = ReportingStore(f"sqlite:///{tmp_path / late.replace(':', '-')}.db")
        for producer, history in year.items():
            arrive(store, producer, history)
        assert set(parked(store)) == {
            e.event_id for history in year.values() for e in history if e.aggregate_id == late
        }
        stumbled.clear()
        settle(store, REPLAYED)
        digests[late] = store.digest()
        store.close()
    assert len(digests) > 10
    assert {late for late in digests if digests[late] != digests[""]} == set()


def test_what_fails_again_undoes_the_whole_replay(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    before = store.digest()
    with pytest.raises(KeyError):
        settle(store, REPLAYED, aggregate_id="other")
    assert parked(store) == ["other@1", "other@2"]
    assert store.digest() == before


def test_a_loss_that_was_parked_counts_from_its_replay_on(store, year, happened, monkeypatch):
    arrive(store, "scheduler", year["scheduler"])
    loss = happened(
        HistoryLost, "2026-01-10", authority="nrw", aggregate="history:scheduler", from_=5, to=6
    )
    with monkeypatch.context() as mistaken:
        mistaken.setattr(siko_reporting.withdrawn, "note", lambda *_: {}["mistaken"])
        arrive(store, "scheduler", [loss])
    assert parked(store) == [loss.event_id]
    assert store.answer("withdrawn", Withdrawn()).items == []

    settle(store, REPLAYED)

    lost = store.answer("withdrawn", Withdrawn()).items
    assert [(item["producer"], item["position"]) for item in lost] == [
        ("scheduler", 5),
        ("scheduler", 6),
    ]


def test_what_is_discarded_is_no_more_missing(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    settle(store, DISCARDED, aggregate_id="other")
    answer = store.answer("conferences", Conferences())
    assert answer.complete
    assert [item["conference_id"] for item in answer.items] == ["joint"]
    assert {letter.reason for letter in store.letters(LetterFilter())} == {"because"}


@pytest.mark.parametrize(
    "unreadable",
    [
        ("conference_scheduled.v1", b'{"event_id": "x@1", "aggregate_id": "x"}'),
        ("conference_scheduled.v1", b"\xff"),
        ("moon_risen.v1", b"no event at all"),
    ],
    ids=["fields are missing", "no text", "an unknown type without what every event carries"],
)
def test_what_cannot_be_read_is_parked_even_as_the_first_of_all(store, year, unreadable):
    arrive(store, "scheduler", [unreadable])
    assert store.place("scheduler") == (1, 1)
    (letter,) = store.letters(LetterFilter())
    assert (letter.error, letter.body) == ("ValidationError", unreadable[1])
    assert store.answer("conferences", Conferences()).complete is False
    arrive(store, "scheduler", year["scheduler"])
    assert len(store.answer("conferences", Conferences()).items) == 2


def test_an_unreadable_body_is_not_in_the_archive_so_a_rebuild_goes_through(store, year):
    arrive(store, "scheduler", [("conference_scheduled.v1", b"{}"), *year["scheduler"]])
    live = store.digest()
    store.rebuild()
    assert store.digest() == live


def test_a_database_that_is_away_parks_nothing(store, year, monkeypatch):
    def away(*_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as cut:
        cut.setattr(conferences, "evolve", away)
        with pytest.raises(ConnectionResetError):
            arrive(store, "scheduler", year["scheduler"])
    assert (store.place("scheduler"), store.letters(LetterFilter())) == ((0, 0), [])
    arrive(store, "scheduler", year["scheduler"])
    assert parked(store) == []


def test_replicas_that_settle_the_same_at_once_settle_it_once(
    store, open_store, year, calm, broken
):
    for producer, history in year.items():
        arrive(store, producer, history)
    broken()
    replicas = [open_store(), open_store()]
    with ThreadPoolExecutor(2) as threads:
        settled = list(threads.map(partial(settle, state=REPLAYED, aggregate_id="other"), replicas))
    assert sorted(map(len, settled)) == [0, 2]
    assert store.digest() == calm.digest()


def test_a_list_is_found_by_each_of_its_marks(store, year, broken):
    arrive(store, "scheduler", year["scheduler"])
    first, second = store.letters(LetterFilter())
    assert store.letters(LetterFilter(id=first.id)) == [first]
    assert store.letters(LetterFilter(producer="agenda")) == []
    assert store.letters(LetterFilter(up_to=first.position)) == [first]
    assert store.letters(LetterFilter(after=(first.producer, first.position))) == [second]
    assert store.letters(LetterFilter(limit=1)) == [first]
    assert store.count_parked() == 2
    assert json.loads(first.body)["conference_id"] == "other"
