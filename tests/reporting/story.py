"""A conference of Köln with an invited city, and a school office by way of its district government."""

from siko_contracts.events.agenda import ItemPlaced, TopicAccepted, TopicSubmitted
from siko_contracts.events.invitations import (
    BodyAdded,
    InvitationListDerived,
    InvitationSent,
    InvitationSentToIntermediary,
    InvitationWithdrawn,
)
from siko_contracts.events.scheduler import ConferenceScheduled
from siko_contracts.queries import QUERIES
from siko_contracts.values import CompetentBody
from siko_core.identity.identity import Identity

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
    """Tells it to a store, producer by producer."""

    def __init__(self, tell, happened) -> None:
        self.tell = tell
        self.happened = happened
        placed = self.event(
            ConferenceScheduled, kind="siko", areas=("Köln",), sections=(), starts_at=AT_10,
            ends_at="2025-03-10T12:00:00Z", place="Köln", state="SCHEDULED",
            competent_bodies=(CITY, SCHOOL), findings=(),
        )  # fmt: skip
        tell("scheduler", [placed])
        tell("invitations", [self.event(InvitationListDerived, bodies=(CITY, SCHOOL))])

    def event(self, contract, at="2025-01-15", **fields):
        return self.happened(contract, at, conference_id="c1", aggregate="c1", **fields)

    def invite(self) -> None:
        """The list is released."""
        areas = {"areas": ("Köln",)}
        self.tell("invitations", [
            self.event(InvitationSent, body_id="stadt-koeln", category="administration", **areas),
            self.event(
                InvitationSentToIntermediary, body_id="schulamt-koeln", category="school_office",
                via="br-koeln", **areas,
            ),
        ])  # fmt: skip

    def withdraw(self, body_id: str) -> None:
        self.tell("invitations", [self.event(InvitationWithdrawn, body_id=body_id)])

    def add(self, body: CompetentBody) -> None:
        """To the list, which is not released again."""
        self.tell("invitations", [self.event(BodyAdded, **body.model_dump())])

    def submit(self, topic_id: str, body_id: str, need_to_know=()) -> None:
        """And it is accepted; None: it was, before who may know was told."""
        of = {"topic_id": topic_id, "body_id": body_id, "topic_area": "other"}
        of |= {"classification": "open"}
        accepted = self.event(TopicAccepted, need_to_know=need_to_know, **of)
        self.tell("agenda", [self.event(TopicSubmitted, **of), accepted])

    def place(self, *topic_ids: str) -> None:
        placed = [
            self.event(ItemPlaced, topic_id=topic_id, number=number)
            for number, topic_id in enumerate(topic_ids, 1)
        ]
        self.tell("agenda", placed)


def seen(store, reader, name, **parameters):
    query = QUERIES["reporting"][name](**parameters)
    return store.answer(name, query, reader).items
