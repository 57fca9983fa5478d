"""A desk of the agenda, and the words in which its tests speak of scheduler and invitations."""

from pathlib import Path
from typing import Any

import pytest
from siko_agenda.application import Agendas
from siko_agenda.application.policy import policy
from siko_agenda.publishing import CONTRACTS
from siko_agenda.service import service
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import agenda as commands
from siko_contracts.events import Event
from siko_contracts.events.invitations import InvitationsReleased
from siko_contracts.events.scheduler import (
    BodyRegistered,
    ConferenceHeld,
    ConferenceOpened,
    ConferencePlaced,
    ConferenceScheduled,
    WordAdded,
)
from siko_contracts.values import AcceptedGap, Actor, AreaCoverage, CompetentBody, Credit, Finding
from siko_core.testing import Desk

CONFERENCE = "019730a0-0000-7000-8000-000000000001"
START = "2025-06-12T10:00:00+02:00"
BEFORE = "2025-05-20T09:00:00+02:00"
CATEGORIES = {
    "stadt-koeln": ("administration", ("Köln",)),
    "stadt-leverkusen": ("administration", ("Leverkusen",)),
    "sta-koeln": ("public_prosecutor", ("Köln", "Leverkusen")),
    "ag-koeln": ("ordinary_court", ("Köln",)),
    "jugendamt-koeln": ("youth_welfare_office", ("Köln",)),
    "jugendamt-leverkusen": ("youth_welfare_office", ("Leverkusen",)),
}


class Office:
    """The agenda's desk in Köln: foreign events come in, commands are answered."""

    conference_id = CONFERENCE

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(Agendas, CONTRACTS, folder, policy=policy)
        self.heard = 0

    def hear(self, event: type[Event], at: str = BEFORE, **fields: Any) -> None:
        """An event of another service arrives."""
        self.heard += 1
        self.desk.follow(
            event.model_validate(
                {
                    "event_id": f"foreign@{self.heard}",
                    "aggregate_id": "foreign",
                    "aggregate_version": self.heard,
                    "authority_id": "pp-koeln",
                    "effective_at": at,
                    "recorded_at": at,
                    "actor": Actor(function="convenor", body_id="pp-koeln"),
                }
                | fields
            )
        )

    def hear_of_bodies(self) -> None:
        for body_id, (category, areas) in CATEGORIES.items():
            self.hear(
                BodyRegistered,
                "2025-01-02T09:00:00+01:00",
                authority_id="nrw",
                body_id=body_id,
                name=body_id,
                category=category,
                areas=areas,
                route="direct",
                leadership_function="Leitung",
                verified=True,
                valid_from="2007-01-01",
            )

    def hear_of_word(self, vocabulary: str, code: str, label: str) -> None:
        self.hear(WordAdded, authority_id="nrw", vocabulary=vocabulary, code=code, label=label)

    def schedule(
        self,
        starts_at: str = START,
        areas: tuple[str, ...] = ("Köln", "Leverkusen"),
        event: type[ConferencePlaced] = ConferenceScheduled,
        kind: str = "siko",
        at: str = "2025-03-03T09:00:00+01:00",
    ) -> None:
        self.hear(
            event,
            at,
            conference_id=CONFERENCE,
            kind=kind,
            areas=areas,
            sections=() if kind == "siko" else ("BAB im Bezirk der br-koeln",),
            starts_at=starts_at,
            ends_at=starts_at.replace("T10", "T12"),
            place="Polizeipräsidium Köln",
            state="SCHEDULED",
            competent_bodies=[
                CompetentBody(body_id=body_id, category=category, areas=its_areas)
                for body_id, (category, its_areas) in CATEGORIES.items()
            ],
        )

    def release_invitations(
        self, *left_out: str, accepted: tuple[AcceptedGap, ...] = (), at: str = BEFORE
    ) -> None:
        """The convenor lets the list out, without the bodies left out."""
        coverage = []
        for area in ("Köln", "Leverkusen"):
            here = {b: category for b, (category, areas) in CATEGORIES.items() if area in areas}
            coverage.append(
                AreaCoverage(
                    area=area,
                    counts=True,
                    credited=tuple(
                        Credit(body_id=b, category=c) for b, c in here.items() if b not in left_out
                    ),
                    gaps=tuple(
                        Finding(code="BodyNotInvited", rule="R9", area=area, category=c, body_id=b)
                        for b, c in here.items()
                        if b in left_out
                    ),
                )
            )
        self.hear(
            InvitationsReleased,
            at,
            conference_id=CONFERENCE,
            areas=coverage,
            accepted_gaps=accepted,
        )

    def open(self, at: str = START) -> None:
        self.hear(ConferenceOpened, at, conference_id=CONFERENCE)

    def hold(self, at: str = "2025-06-12T12:00:00+02:00") -> None:
        self.hear(
            ConferenceHeld,
            at,
            conference_id=CONFERENCE,
            kind="siko",
            areas=("Köln", "Leverkusen"),
            started_at=START,
            ended_at=at,
        )

    def ask(self, command: Any, at: str | None = None) -> Any:
        return self.desk.send(service.commands[type(command)], command, now=at)

    def do(self, command: Any, at: str | None = None) -> str:
        """The id in the answer."""
        answer = self.ask(command, at)
        assert isinstance(answer, Answer), answer
        return answer.id

    def refuses(self, command: Any, at: str | None = None) -> tuple[str, Any]:
        """Code and details of the refusal; nothing was recorded."""
        before = len(self.desk.contracts)
        refusal = self.ask(command, at)
        assert isinstance(refusal, Refusal), refusal
        assert len(self.desk.contracts) == before
        return refusal.error.code, refusal.error.details

    def submit(self, at: str = BEFORE, **fields: Any) -> str:
        return self.do(self.submission(**fields), at)

    def accepted_topic(self, **fields: Any) -> str:
        topic_id = self.submit(**fields)
        self.do(commands.AcceptTopic(topic_id=topic_id))
        return topic_id

    def placed_topic(self, number: int = 1, **fields: Any) -> str:
        topic_id = self.accepted_topic(**fields)
        self.do(self.placing(topic_id, number))
        return topic_id

    def discussed_topic(self, *kinds: str, **fields: Any) -> str:
        """A topic placed and discussed in session, with outcomes of these kinds."""
        topic_id = self.placed_topic()
        self.open()
        self.do(self.discussion(topic_id, *kinds, **fields))
        return topic_id

    def published(self, event: type[Event]) -> list[Any]:
        return [each for each in self.desk.contracts if isinstance(each, event)]

    def stored(self, event: type[Any]) -> list[Any]:
        """The domain events of this class, in order."""
        application = self.desk.application
        notifications = application.recorder.select_notifications(
            0, 1000, topics=[event.TOPIC], inclusive_of_start=False
        )
        return [application.mapper.to_domain_event(each) for each in notifications]

    @staticmethod
    def submission(**fields: Any) -> commands.SubmitTopic:
        return commands.SubmitTopic.model_validate(
            {
                "conference_id": CONFERENCE,
                "body_id": "stadt-koeln",
                "topic_area": "spatial_hotspots",
                "title": "Ebertplatz",
                "text": "Lage und Vorschläge",
                "contains_case_data": False,
            }
            | fields
        )

    @staticmethod
    def placing(topic_id: str, number: int) -> commands.PlaceItem:
        return commands.PlaceItem(conference_id=CONFERENCE, topic_id=topic_id, number=number)

    @staticmethod
    def discussion(
        topic_id: str,
        *kinds: str,
        present: tuple[str, ...] = ("stadt-koeln", "sta-koeln"),
        **fields: Any,
    ) -> commands.DiscussTopic:
        return commands.DiscussTopic.model_validate(
            {
                "conference_id": CONFERENCE,
                "topic_id": topic_id,
                "outcomes": [{"kind": kind, "text": "Wortlaut"} for kind in kinds],
                "bodies_present": present,
            }
            | fields
        )

    @staticmethod
    def proposal(topic_id: str, **fields: Any) -> commands.ProposeAction:
        return commands.ProposeAction.model_validate(
            {
                "conference_id": CONFERENCE,
                "topic_id": topic_id,
                "title": "Gemeinsame Streifen",
                "lead_body_id": "stadt-koeln",
                "contributing_body_ids": ("sta-koeln",),
                "due_on": "2025-12-01",
            }
            | fields
        )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Knows the bodies of Köln and Leverkusen, a conference of both on 12 June 2025, and its invitations."""
    office = Office(tmp_path)
    office.hear_of_bodies()
    office.schedule()
    office.release_invitations()
    return office


@pytest.fixture
def empty_office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def release() -> commands.ReleaseAgenda:
    """With a reason for beginning without the situation picture (R19)."""
    return commands.ReleaseAgenda(conference_id=CONFERENCE, override_reason="ohne Lagebild")
