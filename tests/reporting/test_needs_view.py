"""Needs for action: found in a discussion, answered by an action or another outcome, or dismissed with a reason (R25)."""

import pytest
from siko_contracts.events.agenda import ActionProposed, NeedDismissed, TopicDiscussed
from siko_contracts.values import Outcome

TOPIC = {"conference_id": "joint", "topic_id": "ebertplatz"}
NEED = Outcome(kind="need_for_action")


@pytest.fixture
def discussed(happened):
    def with_outcomes(*kinds, moment="2025-03-10", authority="pp-koeln", **changed):
        return happened(
            TopicDiscussed,
            moment,
            authority=authority,
            **TOPIC | {"topic_area": "spatial_hotspots", "areas": ("Köln",)} | changed,
            outcomes=tuple(Outcome(kind=kind) for kind in kinds),
            bodies_present=("stadt-koeln",),
        )

    return with_outcomes


def states(items, *events, **query):
    return {
        (row["conference_id"], row["topic_id"]): row["state"]
        for row in items("needs", list(events), **query)
    }


def test_r25_a_need_for_action_is_open_with_the_day_on_which_it_was_found(discussed, items):
    assert items("needs", [discussed("need_for_action", "noted")]) == [
        {
            "conference_id": "joint",
            "topic_id": "ebertplatz",
            "topic_area": "spatial_hotspots",
            "areas": ["Köln"],
            "found_on": "2025-03-10",
            "state": "open",
        }
    ]


def test_what_was_only_noted_is_no_need(discussed, items):
    assert items("needs", [discussed("noted")]) == []


def test_r25_an_outcome_or_an_action_answers_it_and_the_table_dismisses_it(
    discussed, happened, items
):
    action = happened(
        ActionProposed,
        "2025-03-11",
        **TOPIC,
        topic_area="spatial_hotspots",
        action_id="lighting",
        lead_body_id="stadt-koeln",
        due_on="2025-09-30",
    )
    dismissed = happened(NeedDismissed, "2025-03-12", **TOPIC)
    joint = ("joint", "ebertplatz")

    assert states(items, discussed("need_for_action", "concept")) == {joint: "answered"}
    assert states(items, discussed("need_for_action"), action) == {joint: "answered"}
    assert states(items, discussed("need_for_action"), dismissed) == {joint: "dismissed"}


def test_a_topic_that_comes_back_has_a_need_for_each_conference(discussed, happened, items):
    again = discussed("need_for_action", moment="2025-10-01", conference_id="autumn")
    dismissed = happened(NeedDismissed, "2025-03-12", **TOPIC)

    assert states(items, discussed("need_for_action"), again, dismissed) == {
        ("joint", "ebertplatz"): "dismissed",
        ("autumn", "ebertplatz"): "open",
    }


def test_needs_are_asked_for_by_authority_conference_and_state(discussed, items):
    own, others = (
        discussed("need_for_action"),
        discussed("need_for_action", authority="pp-bonn", conference_id="bonn", topic_id="markt"),
    )

    assert list(states(items, own, others, authority_id="pp-bonn")) == [("bonn", "markt")]
    assert list(states(items, own, others, conference_id="joint")) == [("joint", "ebertplatz")]
    assert states(items, own, others, state="answered") == {}
