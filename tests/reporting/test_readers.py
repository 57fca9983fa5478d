"""R38: a reader sees what is its own; what is another's is as if it were not there."""

import pytest
from siko_contracts.events import agenda as told
from siko_contracts.queries.reporting import Compliance, Needs, SituationTopics

from tests.reporting.story import BONN, KOELN, body, seen


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/reporting.db"


def test_an_authority_sees_its_own_conferences_and_no_other(store, story):
    for name, parameters in (
        ("conferences", {}), ("conference", {"conference_id": "c1"}), ("invitations", {}),
        ("invitations", {"conference_id": "c1"}),
    ):  # fmt: skip
        assert seen(store, KOELN, name, **parameters), name
        assert seen(store, BONN, name, **parameters) == [], name


@pytest.mark.parametrize("query", [Compliance, SituationTopics, Needs])
def test_an_authority_asks_for_its_own_whomever_it_names(full_store, query):
    def rows(reader, **fields):
        return full_store.answer(query.NAME, query(**fields), reader).items

    assert rows(KOELN) == rows(KOELN, authority_id="pp-koeln") != []
    assert rows(KOELN, authority_id="pp-bonn") == []
    assert rows(BONN) == rows(BONN, authority_id="pp-koeln") == []


def test_a_body_sees_a_conference_from_the_release_of_its_invitation_to_the_withdrawal(
    store, story
):
    city, school, district = body("stadt-koeln"), body("schulamt-koeln"), body("br-koeln")
    for reader in (city, school, district):
        assert seen(store, reader, "conferences") == []
    story.invite()
    for reader in (city, school, district):
        assert [c["conference_id"] for c in seen(store, reader, "conferences")] == ["c1"]
    assert seen(store, body("stadt-leverkusen"), "conferences") == []
    story.withdraw("stadt-koeln")
    for name, parameters in (
        ("conferences", {}),
        ("conference", {"conference_id": "c1"}),
        ("invitations", {}),
    ):
        assert seen(store, city, name, **parameters) == [], name
        assert seen(store, school, name, **parameters), name


def test_a_body_does_not_see_who_else_is_invited_nor_what_is_missing(store, story):
    story.invite()
    (file,) = seen(store, body("stadt-koeln"), "conference", conference_id="c1")
    assert [i["body_id"] for i in file["invitations"]] == ["stadt-koeln"]
    assert file["coverage"] == []
    assert [i["body_id"] for i in seen(store, body("br-koeln"), "invitations")] == [
        "schulamt-koeln"
    ]


def test_items_are_seen_within_the_need_to_know_once_the_agenda_is_released(store, story):
    story.invite()
    story.submit("own", "stadt-koeln", ("stadt-koeln",))
    story.submit("all", "schulamt-koeln")
    story.submit("few", "schulamt-koeln", ("br-koeln",))
    story.submit("untold", "schulamt-koeln", None)
    story.place("own", "all", "few", "untold")

    def topics(reader):
        (file,) = seen(store, reader, "conference", conference_id="c1")
        return {item["topic_id"] for item in file["agenda"]}

    city = body("stadt-koeln")
    assert topics(city) == {"own"}
    story.tell("agenda", [story.event(told.AgendaReleased, agenda_version=1)])
    assert topics(city) == {"own", "all"}
    assert topics(body("br-koeln")) == {"all", "few"}
    assert topics(body("schulamt-koeln")) == {"all", "few", "untold"}
    assert topics(KOELN) == topics(None) == {"own", "all", "few", "untold"}
    story.tell("agenda", [story.event(told.ItemRemoved, topic_id="all", number=2)])
    assert topics(city) == {"own"}


def test_need_to_know_of_older_events_is_told_by_the_submission(store, story):
    of = {"topic_id": "t", "body_id": "schulamt-koeln", "topic_area": "other"}
    of |= {"classification": "open"}
    submitted = story.event(told.TopicSubmitted, need_to_know=("stadt-koeln",), **of)
    story.tell("agenda", [submitted, story.event(told.TopicAccepted, **of)])
    story.place("t")
    story.tell("agenda", [story.event(told.AgendaReleased, agenda_version=1)])
    story.invite()
    for reader, seen_topics in (("stadt-koeln", ["t"]), ("br-koeln", [])):
        (file,) = seen(store, body(reader), "conference", conference_id="c1")
        assert [item["topic_id"] for item in file["agenda"]] == seen_topics


def test_an_action_is_seen_by_who_is_to_do_it(store, story):
    story.invite()
    proposed = story.event(
        told.ActionProposed, action_id="a1", topic_id="t", topic_area="other",
        lead_body_id="stadt-koeln", contributing_body_ids=("br-koeln",), due_on="2025-06-01",
    )  # fmt: skip
    story.submit("t", "pp-koeln", ("br-koeln",))
    story.tell("agenda", [proposed])
    for reader, count in (("stadt-koeln", 1), ("br-koeln", 1), ("schulamt-koeln", 0)):
        assert len(seen(store, body(reader), "actions")) == count
        (file,) = seen(store, body(reader), "conference", conference_id="c1")
        assert len(file["actions"]) == count


def test_rights_are_those_of_now_whenever_one_looks_back_to(store, story):
    """A body that was invited later sees how it was before; one whose invitation was withdrawn sees nothing of it."""
    before = "2025-01-14T00:00:00Z"
    story.invite()
    assert seen(store, body("stadt-koeln"), "conferences", as_of="2025-01-16T00:00:00Z")
    assert seen(store, body("stadt-koeln"), "conferences", as_of=before) == []
    story.withdraw("stadt-koeln")
    for name, parameters in (
        ("conferences", {}), ("conference", {"conference_id": "c1"}), ("invitations", {}),
    ):  # fmt: skip
        for at in ({}, {"as_of": "2025-01-16T00:00:00Z"}, {"effective_on": "2025-01-15"}):
            assert seen(store, body("stadt-koeln"), name, **parameters, **at) == [], (name, at)
