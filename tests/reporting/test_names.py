"""An authority, an area or a topic area that does not exist is refused; an empty answer is for what exists."""

import pytest
from siko_contracts.events.scheduler import AreaAssigned, AuthorityRegistered, WordAdded
from siko_contracts.queries.reporting import (
    Actions,
    Compliance,
    Conferences,
    Needs,
    SituationTopics,
)
from siko_core.refusals import NotFound, UnknownWord

from tests.reporting.story import BONN, body

NAMING = (Actions, Compliance, Conferences, Needs, SituationTopics)


@pytest.fixture
def registered(store, feed, happened):
    """pp-koeln with Köln, pp-bonn with Bonn; nothing else has happened."""
    events = []
    for authority_id, area in (("pp-koeln", "Köln"), ("pp-bonn", "Bonn")):
        of = {"authority": authority_id, "valid_from": "2007-01-01"}
        about = {"name": authority_id, "kind": "polizeipraesidium", "district": "br-koeln"}
        events += [
            happened(AuthorityRegistered, "2025-01-01", **of, **about),
            happened(AreaAssigned, "2025-01-01", **of, area=area, verified=True),
        ]
    feed(store, "scheduler", events)
    return store


def refused(store, query, reader=None):
    with pytest.raises((NotFound, UnknownWord)) as refusal:
        store.answer(query.NAME, query, reader)
    return refusal.value


@pytest.mark.parametrize("query", NAMING, ids=lambda each: each.NAME)
def test_an_authority_that_does_not_exist_is_refused_with_what_comes_near(registered, query):
    refusal = refused(registered, query(authority_id="pp-kolen"))
    assert (refusal.code, refusal.details["field"]) == ("NotFound", "authority_id")
    assert refusal.details["nearest"][0] == "pp-koeln"
    assert registered.answer(query.NAME, query(authority_id="pp-koeln")).items == []


@pytest.mark.parametrize("query", [Compliance, SituationTopics], ids=lambda each: each.NAME)
def test_an_area_that_does_not_exist_is_refused_with_what_comes_near(registered, query):
    refusal = refused(registered, query(area="Kölm"))
    assert (refusal.code, refusal.details) == ("NotFound", {"field": "area", "nearest": ["Köln"]})
    assert registered.answer(query.NAME, query(area="Köln")).items == []


def test_what_exists_is_no_secret_and_what_belongs_to_others_is_as_if_it_were_not_there(registered):
    assert registered.answer("compliance", Compliance(area="Köln"), BONN).items == []
    assert refused(registered, Compliance(area="Kölm"), BONN).details["nearest"] == ["Köln"]


def test_r38_a_partner_body_is_not_told_what_the_register_holds(registered):
    query = Conferences(authority_id="pp-kolen")
    assert registered.answer("conferences", query, body("stadt-koeln")).items == []


def test_a_topic_area_that_is_no_word_is_refused_until_the_ministry_adds_it(
    registered, feed, happened
):
    drones = SituationTopics(topic_area="drones")
    assert refused(registered, drones).code == "UnknownWord"
    label = refused(registered, SituationTopics(topic_area="Großveranstaltungen"))
    assert label.details["code"] == "major_events"

    word = {"vocabulary": "topic_area", "code": "drones", "label": "Drohnen"}
    feed(registered, "scheduler", [happened(WordAdded, "2025-02-01", authority="nrw", **word)])
    assert registered.answer("situation_topics", drones).items == []


def test_a_name_that_is_registered_later_is_known_from_then_on(registered, feed, happened):
    query = Compliance(area="Essen")
    refused(registered, query)
    assigned = {"area": "Essen", "verified": True, "valid_from": "2007-01-01"}
    feed(registered, "scheduler", [happened(AreaAssigned, "2025-03-01", **assigned)])
    assert registered.answer("compliance", query).items == []


def test_while_there_is_no_register_no_name_is_missed(store):
    assert store.answer("compliance", Compliance(area="Köln")).items == []
