"""Followers of several producers run beside each other: only the order within a producer is given."""

import copy

from hypothesis import given
from hypothesis import strategies as st
from siko_reporting.views import FOLDS, VIEWS, addresses, evolve

PRODUCERS = ("scheduler", "invitations", "agenda")


def folded(events):
    documents = {}
    for event in events:
        evolve(documents, event)
    return documents


def some_of(history):
    """Any of these events in any order, as if any authority had recorded them."""
    authorities = st.sampled_from(["pp-koeln", "pp-bonn", "pp-aachen"])
    told_by = st.builds(
        lambda event, authority: event.model_copy(update={"authority_id": authority}),
        st.sampled_from(history),
        authorities,
    )
    return st.lists(told_by, max_size=12)


@given(data=st.data())
def test_every_interleaving_of_the_producers_gives_the_same_documents(year, data):
    turns = [producer for producer in PRODUCERS for _ in year[producer]]
    histories = {producer: iter(year[producer]) for producer in PRODUCERS}
    arrived = [next(histories[turn]) for turn in data.draw(st.permutations(turns))]
    in_turn = [event for producer in PRODUCERS for event in year[producer]]
    assert folded(arrived) == folded(in_turn)


@given(data=st.data())
def test_also_where_events_are_out_of_sight_or_in_an_unlikely_order(year, data):
    histories = {producer: data.draw(some_of(year[producer])) for producer in PRODUCERS}
    turns = [producer for producer in PRODUCERS for _ in histories[producer]]
    in_turn = [event for producer in PRODUCERS for event in histories[producer]]
    coming = {producer: iter(events) for producer, events in histories.items()}
    arrived = [next(coming[turn]) for turn in data.draw(st.permutations(turns))]
    assert folded(arrived) == folded(in_turn)


def test_a_fold_leaves_the_document_before_the_event_as_it_was(year):
    documents = {}
    for event in (event for history in year.values() for event in history):
        before = {at: documents[at] for at in addresses(event) if at in documents}
        kept = copy.deepcopy(before)
        evolve(documents, event)
        assert before == kept


def test_the_year_of_these_tests_reaches_every_view(year):
    documents = folded(event for history in year.values() for event in history)
    assert {name for name, _ in documents} == {fold.NAME for fold in FOLDS}
    assert set(VIEWS) < {fold.NAME for fold in FOLDS}
