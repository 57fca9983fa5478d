"""What a partner body sees tells nothing of what it does not see: numbers, references, `complete`, the past."""

import pytest
from siko_contracts.events import agenda as told
from siko_contracts.queries.reporting import Conference
from siko_contracts.values import CompetentBody, Outcome

from tests.reporting.story import KOELN, SCHOOL, body, seen


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/reporting.db"


def test_items_are_numbered_as_the_reader_sees_them(store, story):
    """A hole would tell of an item between that it may not know."""
    story.invite()
    for topic_id, need_to_know in (
        ("h", ("br-koeln",)),
        ("a", ()),
        ("i", ("br-koeln",)),
        ("b", ()),
    ):
        story.submit(topic_id, "schulamt-koeln", need_to_know)
    story.submit("unplaced", "stadt-koeln")
    story.place("h", "b", "i", "a")
    story.tell("agenda", [story.event(told.AgendaReleased, agenda_version=1)])
    for reader, agenda in (
        (body("stadt-koeln"), [("b", 1), ("a", 2), ("unplaced", None)]),
        (body("br-koeln"), [("h", 1), ("b", 2), ("i", 3), ("a", 4)]),
        (KOELN, [("h", 1), ("b", 2), ("i", 3), ("a", 4), ("unplaced", None)]),
    ):
        (file,) = seen(store, reader, "conference", conference_id="c1")
        assert [(item["topic_id"], item["number"]) for item in file["agenda"]] == agenda


def test_an_outcome_refers_to_nothing_that_the_reader_may_not_know(store, story):
    story.invite()
    story.submit("hidden", "schulamt-koeln", ("br-koeln",))
    story.submit("all", "schulamt-koeln")
    outcomes = (
        Outcome(kind="deferred", refers_to="hidden"),
        Outcome(kind="noted", refers_to="all"),
    )
    discussed = story.event(
        told.TopicDiscussed, topic_id="all", topic_area="other", areas=("Köln",),
        outcomes=outcomes, bodies_present=(),
    )  # fmt: skip
    story.tell("agenda", [discussed])
    for reader, refers_to in ((body("stadt-koeln"), [None, "all"]), (KOELN, ["hidden", "all"])):
        (file,) = seen(store, reader, "conference", conference_id="c1")
        assert [outcome["refers_to"] for outcome in file["outcomes"]] == refers_to


def test_who_forwards_sees_no_invitation_that_is_not_released_or_is_withdrawn(store, story):
    story.invite()
    other = SCHOOL.model_copy(update={"body_id": "schulamt-leverkusen"})
    story.add(other)
    story.add(CompetentBody(body_id="br-koeln", category="district_government"))
    (file,) = seen(store, body("br-koeln"), "conference", conference_id="c1")
    for rows in (file["invitations"], seen(store, body("br-koeln"), "invitations")):
        assert [row["body_id"] for row in rows] == ["schulamt-koeln"]


def test_looking_back_shows_no_item_that_the_reader_may_not_know_now(store, story):
    """One that was taken off the agenda again; and none that was not released to it then."""
    story.invite()
    story.submit("gone", "schulamt-koeln")
    story.submit("late", "schulamt-koeln")
    story.place("gone")
    story.tell("agenda", [story.event(told.AgendaReleased, agenda_version=1)])
    after = [
        story.event(told.ItemRemoved, at="2025-01-17", topic_id="gone", number=1),
        story.event(told.ItemPlaced, at="2025-01-17", topic_id="late", number=1),
        story.event(told.AgendaSupplemented, at="2025-01-17", agenda_version=2),
    ]

    def topics(reader, **at):
        (file,) = seen(store, reader, "conference", conference_id="c1", **at)
        return {item["topic_id"] for item in file["agenda"] if item["number"]}

    city, before = body("stadt-koeln"), {"as_of": "2025-01-16T00:00:00Z"}
    assert topics(city) == topics(city, **before) == {"gone"}
    story.tell("agenda", after)
    assert topics(city) == {"late"}
    for at in (before, {"effective_on": "2025-01-16"}):
        assert topics(city, **at) == set()
        assert topics(KOELN, **at) == {"gone"}


@pytest.mark.parametrize(
    ("stuck", "complete"),
    [
        ("topic", False),
        ("hidden", True),
        ("agenda:c1", False),
        ("invitation:c1:stadt-koeln", False),
        ("invitation:c1:schulamt-koeln", True),
        ("c1", False),
        ("c2", True),
        ("list:c2", True),
        ("invitation:c2:stadt-koeln", True),
        ("obligation:siko:Köln:2025", True),
    ],
)
def test_complete_tells_a_partner_of_nothing_that_it_does_not_see(
    store, story, tell_unreadable, stuck, complete
):
    story.invite()
    story.submit("topic", "stadt-koeln")
    story.submit("hidden", "schulamt-koeln", ("br-koeln",))
    tell_unreadable("agenda", stuck)
    query = Conference(conference_id="c1")
    answer = store.answer("conference", query, body("stadt-koeln"))
    assert answer.items
    assert (answer.complete, answer.parked) == (complete, [])
    for reader in (KOELN, None):
        assert store.answer("conference", query, reader).complete is False
