"""R38: a reader sees what is its own; what is another's is as if it were not there."""

from functools import partial

import pytest
from siko_contracts import events as told
from siko_contracts import queries
from siko_contracts.values import CompetentBody
from siko_core.identity import Identity

CITY = CompetentBody(body_id="stadt-koeln", category="administration", areas=("Köln",))
SCHOOL = CompetentBody(
    body_id="schulamt-koeln", category="school_office", areas=("Köln",), route="via", via="br-koeln"
)
KOELN = Identity(sub="s", role="secretariat", authority_id="pp-koeln")
BONN = Identity(sub="s", role="convenor", authority_id="pp-bonn")
AT_10 = "2025-03-10T10:00:00Z"


def body(body_id: str) -> Identity:
    return Identity(sub="s", role="partner", body_id=body_id)


class Story:
    """A conference of Köln with an invited city, and a school office by way of its district government."""

    def __init__(self, tell, happened) -> None:
        self.tell = tell
        self.happened = happened
        placed = self.event(
            told.ConferenceScheduled, kind="siko", areas=("Köln",), sections=(), starts_at=AT_10,
            ends_at="2025-03-10T12:00:00Z", place="Köln", state="SCHEDULED",
            competent_bodies=(CITY, SCHOOL), findings=(),
        )  # fmt: skip
        tell("scheduler", [placed])
        tell("invitations", [self.event(told.InvitationListDerived, bodies=(CITY, SCHOOL))])

    def event(self, contract, **fields):
        return self.happened(contract, "2025-01-15", conference_id="c1", aggregate="c1", **fields)

    def invite(self) -> None:
        """The list is released."""
        areas = {"areas": ("Köln",)}
        self.tell("invitations", [
            self.event(told.InvitationSent, body_id="stadt-koeln", category="administration", **areas),
            self.event(
                told.InvitationSentToIntermediary, body_id="schulamt-koeln", category="school_office",
                via="br-koeln", **areas,
            ),
        ])  # fmt: skip

    def withdraw(self, body_id: str) -> None:
        self.tell("invitations", [self.event(told.InvitationWithdrawn, body_id=body_id)])

    def submit(self, topic_id: str, body_id: str, need_to_know=()) -> None:
        submitted = self.event(
            told.TopicSubmitted, topic_id=topic_id, body_id=body_id, topic_area="other",
            classification="open", need_to_know=need_to_know,
        )  # fmt: skip
        self.tell("agenda", [submitted])

    def place(self, *topic_ids: str) -> None:
        placed = [
            self.event(told.ItemPlaced, topic_id=topic_id, number=number)
            for number, topic_id in enumerate(topic_ids, 1)
        ]
        self.tell("agenda", placed)


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/reporting.db"


@pytest.fixture
def story(store, feed, happened) -> Story:
    return Story(partial(feed, store), happened)


def seen(store, reader, name, **parameters):
    query = {
        "conference": queries.Conference,
        "conferences": queries.Conferences,
        "invitations": queries.Invitations,
        "actions": queries.Actions,
    }[name](**parameters)
    return store.answer(name, query, reader).items


def test_an_authority_sees_its_own_conferences_and_no_other(store, story):
    for name, parameters in (
        ("conferences", {}), ("conference", {"conference_id": "c1"}), ("invitations", {}),
        ("invitations", {"conference_id": "c1"}),
    ):  # fmt: skip
        assert seen(store, KOELN, name, **parameters), name
        assert seen(store, BONN, name, **parameters) == [], name


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
    assert seen(store, body("stadt-koeln"), "conferences", as_of="2025-01-16T00:00:00Z") == []
