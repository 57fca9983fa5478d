"""Situation topics count what was discussed; actions show who owes what until when."""

from datetime import date

import pytest
from siko_contracts.events.agenda import (
    ActionAgreed,
    ActionConsented,
    ActionConsentVoided,
    ActionProposed,
    TopicDiscussed,
)
from siko_contracts.values import Outcome

TOPIC = {"conference_id": "joint", "topic_id": "ebertplatz", "topic_area": "spatial_hotspots"}
ACTION = TOPIC | {
    "action_id": "lighting",
    "lead_body_id": "stadt-koeln",
    "contributing_body_ids": ("bpol-koeln",),
    "due_on": "2025-09-30",
    "follow_up_on": "2025-09-01",
}
NEED = Outcome(kind="need_for_action")


@pytest.fixture
def discussed(happened):
    def at(moment, *outcomes, areas=("Köln",), authority="pp-koeln", **changed):
        return happened(
            TopicDiscussed,
            moment,
            authority=authority,
            **TOPIC | changed,
            areas=areas,
            outcomes=outcomes or (NEED,),
            bodies_present=("stadt-koeln",),
        )

    return at


@pytest.fixture
def proposed(happened):
    return happened(ActionProposed, "2025-03-10", **ACTION)


@pytest.fixture
def agreed(happened):
    return happened(ActionAgreed, "2025-03-20", **ACTION)


def test_r18_a_discussion_counts_in_each_area_of_its_conference(discussed, items):
    joint = discussed("2025-03-10", NEED, Outcome(kind="noted"), areas=("Köln", "Leverkusen"))
    second = discussed("2025-10-01", topic_id="wiener-platz", conference_id="autumn")
    assert items("situation_topics", [joint, second]) == [
        {
            "topic_area": "spatial_hotspots",
            "area": "Köln",
            "year": 2025,
            "discussed": 2,
            "outcomes": {"need_for_action": 2, "noted": 1},
            "focal_points_open": 0,
            "actions_open": 0,
            "conference_ids": ["autumn", "joint"],
        },
        {
            "topic_area": "spatial_hotspots",
            "area": "Leverkusen",
            "year": 2025,
            "discussed": 1,
            "outcomes": {"need_for_action": 1, "noted": 1},
            "focal_points_open": 0,
            "actions_open": 0,
            "conference_ids": ["joint"],
        },
    ]


def test_a_discussion_belongs_to_the_berlin_year(discussed, items):
    silvester = discussed("2024-12-31T23:30:00")
    assert [row["year"] for row in items("situation_topics", [silvester])] == [2025]


def test_an_action_is_open_where_the_topic_of_its_conference_was_discussed(
    discussed, proposed, agreed, items
):
    joint = discussed("2025-03-10", areas=("Köln", "Leverkusen"))
    deferred = discussed("2026-03-10", conference_id="next", areas=("Köln",))
    rows = items("situation_topics", [proposed, joint, agreed, deferred])
    assert [(row["area"], row["year"], row["actions_open"]) for row in rows] == [
        ("Köln", 2025, 1),
        ("Köln", 2026, 0),
        ("Leverkusen", 2025, 1),
    ]


def test_an_action_counts_once_however_often_its_topic_was_discussed(discussed, proposed, items):
    (row,) = items("situation_topics", [discussed("2025-03-10"), proposed, discussed("2025-03-10")])
    assert (row["discussed"], row["actions_open"]) == (2, 1)


def test_an_action_alone_makes_no_situation(proposed, items):
    assert items("situation_topics", [proposed]) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"area": "Köln"}, ["Köln"]),
        ({"year": 2024}, []),
        ({"topic_area": "major_events"}, []),
        ({"authority_id": "pp-bonn"}, ["Bonn"]),
        ({"authority_id": "pp-koeln", "area": "Bonn"}, []),
    ],
)
def test_topics_are_those_asked_for(discussed, items, asked, found):
    events = [
        discussed("2025-03-10"),
        discussed("2025-03-11", topic_id="bonn", areas=("Bonn",), authority="pp-bonn"),
    ]
    assert [row["area"] for row in items("situation_topics", events, **asked)] == found


def test_r27_an_action_is_agreed_when_the_agenda_says_so_not_at_a_consent(
    happened, proposed, agreed, items
):
    consented = happened(ActionConsented, "2025-03-20", **ACTION, body_id="bpol-koeln")
    assert items("actions", [proposed, consented])[0]["state"] == "PROPOSED"
    assert items("actions", [proposed, consented, agreed]) == [
        {
            "action_id": "lighting",
            "conference_id": "joint",
            "topic_id": "ebertplatz",
            "state": "AGREED",
            "lead_body_id": "stadt-koeln",
            "contributing_body_ids": ["bpol-koeln"],
            "due_on": "2025-09-30",
            "follow_up_on": "2025-09-01",
            "overdue": False,
        }
    ]


@pytest.mark.parametrize(
    ("today", "overdue"),
    [(None, False), (date(2025, 9, 30), False), (date(2025, 10, 1), True)],
)
def test_an_action_is_overdue_from_the_day_after_it_was_due(agreed, items, today, overdue):
    assert items("actions", [agreed], today=today)[0]["overdue"] is overdue
    assert len(items("actions", [agreed], today=today, overdue=overdue)) == 1
    assert items("actions", [agreed], today=today, overdue=not overdue) == []


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"body_id": "stadt-koeln"}, 1),
        ({"body_id": "bpol-koeln"}, 1),
        ({"body_id": "zoll"}, 0),
        ({"state": "PROPOSED"}, 0),
        ({"authority_id": "pp-koeln"}, 1),
        ({"authority_id": "pp-bonn"}, 0),
    ],
)
def test_actions_are_those_asked_for(agreed, items, asked, count):
    assert len(items("actions", [agreed], **asked)) == count


def test_actions_come_by_due_date(happened, items):
    due = {"b": "2025-05-01", "c": "2025-04-01", "a": "2025-05-01"}
    events = [
        happened(ActionProposed, "2025-03-10", **ACTION | {"action_id": id_, "due_on": day})
        for id_, day in due.items()
    ]
    assert [row["action_id"] for row in items("actions", events)] == ["c", "a", "b"]


def test_r27_an_action_is_proposed_again_while_a_consent_does_not_hold(
    happened, proposed, agreed, items
):
    voided = happened(ActionConsentVoided, "2025-03-25", **ACTION, body_id="bpol-koeln")
    facts = [proposed, agreed, voided]
    assert items("actions", facts)[0]["state"] == "PROPOSED"
    assert items("actions", [*facts, agreed])[0]["state"] == "AGREED"
