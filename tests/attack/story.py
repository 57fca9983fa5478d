"""Two authorities with conferences of every kind that a partner body may ask about."""

import asyncio
from typing import Any

from siko.client import Client
from siko.quiescence import settle
from siko.roles import AUDITOR, IMPORT, SignIn
from siko_contracts.answers import Refusal

from tests.attack.partners import ABROAD, HELD, LEFT, OPEN, PLANNED, WITHOUT, ident
from tests.deployment import Deployment
from tests.gaps import accepted

SECRETARIAT = SignIn.parse("secretariat@pp-koeln")
CONVENOR = SignIn.parse("convenor@pp-koeln")
BONN = {
    SECRETARIAT: SignIn.parse("secretariat@pp-bonn"),
    CONVENOR: SignIn.parse("convenor@pp-bonn"),
}
BEGIN, SESSION, AFTER, LATER = (
    "2025-01-07T09:00:00+01:00",
    "2025-03-12T10:00:00+01:00",
    "2025-03-12T15:00:00+01:00",
    "2025-03-14T15:00:00+01:00",
)
AREAS = ("Köln", "Bonn")
BODIES = {
    "br-koeln": ("district_government", AREAS, None),
    "br-duesseldorf": ("district_government", AREAS, None),
    "stadt-koeln": ("administration", ("Köln",), None),
    "stadt-bonn": ("administration", ("Bonn",), None),
    "sta-koeln": ("public_prosecutor", ("Köln",), None),
    "ag-koeln": ("ordinary_court", ("Köln",), None),
    "lg-koeln": ("ordinary_court", ("Köln",), None),
    "hza-koeln": ("customs", ("Köln",), None),
    "schulamt-koeln": ("school_office", ("Köln",), "br-koeln"),
    "schulamt-lindenthal": ("school_office", ("Köln",), "br-koeln"),
    "jugendamt-koeln": ("youth_welfare_office", ("Bonn",), None),
}
DATES = {
    HELD: SESSION,
    OPEN: "2025-06-04T10:00:00+02:00",
    LEFT: "2025-06-11T10:00:00+02:00",
    WITHOUT: "2025-06-18T10:00:00+02:00",
    PLANNED: "2025-06-25T10:00:00+02:00",
    ABROAD: "2025-06-04T10:00:00+02:00",
}
REASON = {"override_reason": "ohne Lagebild"}


class Story:
    """Sends commands; whatever is refused ends the test."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.now = BEGIN

    async def do(self, who: SignIn, service: str, name: str, /, **body: Any) -> None:
        answer = await self.client.acting(who).command(service, name, body, now=self.now)
        assert not isinstance(answer, Refusal), (name, body, answer)

    async def settle(self) -> None:
        await settle(self.client.acting(AUDITOR))

    async def register(self) -> None:
        since = {"valid_from": "2007-01-01"}
        for authority, area in zip(("pp-koeln", "pp-bonn"), AREAS, strict=True):
            of = {"authority_id": authority, **since}
            told = {"name": authority, "kind": "polizeipraesidium", "district": "br-koeln"}
            await self.do(IMPORT, "scheduler", "register_authority", **of, **told)
            await self.do(IMPORT, "scheduler", "assign_area", area=area, **of)
        for body_id, (category, areas, via) in BODIES.items():
            route = {"route": "via", "via": via} if via else {"route": "direct"}
            told = {"name": body_id, "category": category, "areas": areas, **route}
            told |= {"body_id": body_id, "leadership_function": "Leitung", **since}
            await self.do(IMPORT, "scheduler", "register_body", **told)

    async def schedule(self, conference_id: str) -> None:
        abroad = conference_id == ABROAD
        who = BONN[SECRETARIAT] if abroad else SECRETARIAT
        placed = {"starts_at": DATES[conference_id], "place": "Rathaus", "kind": "siko"}
        of = {"authority_id": who.held_for, "areas": [AREAS[abroad]]}
        await self.do(who, "scheduler", "schedule_conference", id=conference_id, **placed, **of)

    async def remove(self, conference_id: str, *body_ids: str) -> None:
        for body_id in body_ids:
            named = {"conference_id": conference_id, "body_id": body_id, "reason": "Probe"}
            await self.do(SECRETARIAT, "invitations", "remove_body", **named)

    async def add(self, conference_id: str, *body_ids: str) -> None:
        for body_id in body_ids:
            named = {"conference_id": conference_id, "body_id": body_id, "purpose": "Probe"}
            await self.do(SECRETARIAT, "invitations", "add_body", **named)

    async def release(self, conference_id: str) -> None:
        who = BONN if conference_id == ABROAD else {each: each for each in BONN}
        of = {"conference_id": conference_id}
        await self.do(who[SECRETARIAT], "invitations", "check_coverage", **of)
        gaps = accepted(*AREAS)
        await self.do(who[CONVENOR], "invitations", "release_invitations", **of, accepted_gaps=gaps)

    async def submit(
        self, topic: str, who: str, conference_id: str = OPEN, *need_to_know: str
    ) -> None:
        told = {"topic_area": "other", "title": "Probe", "contains_case_data": False}
        told |= {"conference_id": conference_id, "body_id": who, "need_to_know": need_to_know}
        by = SignIn("partner", who, "leadership")
        await self.do(by, "agenda", "submit_topic", id=ident(topic), **told)

    async def place(self, topic: str, number: int, conference_id: str = OPEN) -> None:
        await self.do(SECRETARIAT, "agenda", "accept_topic", topic_id=ident(topic))
        placed = {"conference_id": conference_id, "topic_id": ident(topic), "number": number}
        await self.do(SECRETARIAT, "agenda", "place_item", **placed)

    async def propose(self, action: str, topic: str, lead: str, *others: str) -> None:
        told = {"conference_id": HELD, "topic_id": ident(topic), "title": "Probe"}
        told |= {"lead_body_id": lead, "contributing_body_ids": others, "due_on": "2025-12-01"}
        await self.do(SECRETARIAT, "agenda", "propose_action", id=ident(action), **told)

    async def convene(self) -> None:
        for conference_id in DATES:
            await self.schedule(conference_id)
        await self.settle()
        for conference_id in (HELD, OPEN, LEFT):
            await self.add(conference_id, "br-duesseldorf")
            await self.remove(conference_id, "hza-koeln")
        await self.remove(HELD, "schulamt-lindenthal")
        await self.remove(WITHOUT, "stadt-koeln", "schulamt-koeln", "schulamt-lindenthal")
        for conference_id in (HELD, OPEN, LEFT, WITHOUT, ABROAD):
            await self.release(conference_id)
        await self.settle()

    async def hold(self) -> None:
        """A session with three topics and an action of each."""
        for topic, body in (
            ("ours", "stadt-koeln"),
            ("theirs", "sta-koeln"),
            ("hidden", "ag-koeln"),
        ):
            await self.submit(topic, body, HELD, *([] if body == "stadt-koeln" else ["lg-koeln"]))
        await self.settle()
        self.now = SESSION
        await self.do(CONVENOR, "scheduler", "open_conference", conference_id=HELD)
        await self.settle()
        for topic in ("ours", "theirs", "hidden"):
            noted = {"outcomes": [{"kind": "noted"}], "bodies_present": ["lg-koeln"]}
            of = {"conference_id": HELD, "topic_id": ident(topic)}
            await self.do(SECRETARIAT, "agenda", "discuss_topic", **of, **noted)
        await self.propose("own action", "ours", "stadt-koeln", "br-duesseldorf")
        await self.propose("their action", "theirs", "sta-koeln", "lg-koeln")
        self.now = AFTER

    async def submit_topics(self) -> None:
        """The released agenda: a hidden item before, between and behind those that all may see."""
        await self.submit("own topic", "stadt-koeln")
        await self.submit("their topic", "sta-koeln")
        await self.submit("their returned topic", "sta-koeln")
        returned = {"topic_id": ident("their returned topic"), "reason": "Probe"}
        await self.do(SECRETARIAT, "agenda", "return_topic", **returned)
        for number, topic in enumerate(("hidden 1", "seen 2", "hidden 3", "seen 4"), 1):
            hidden = ["sta-koeln"] if topic.startswith("hidden") else []
            await self.submit(topic, "sta-koeln", OPEN, *hidden)
            await self.place(topic, number)
        await self.submit("their placed topic", "sta-koeln", OPEN, "sta-koeln")
        await self.place("their placed topic", 5)
        await self.submit("own topic, withdrawn", "stadt-koeln", LEFT)
        await self.submit("topic abroad", "stadt-bonn", ABROAD)
        await self.do(CONVENOR, "agenda", "release_agenda", conference_id=OPEN, **REASON)

    async def withdraw(self) -> None:
        """In the open conference a court, another that is named again, and a school office; all partners of one."""
        await self.remove(OPEN, "ag-koeln", "lg-koeln", "schulamt-lindenthal")
        await self.add(OPEN, "lg-koeln", "hza-koeln")
        gone = ("stadt-koeln", "br-duesseldorf", "schulamt-koeln", "schulamt-lindenthal")
        await self.remove(LEFT, *gone)
        await self.settle()


def play(system: Deployment) -> None:
    async def played(client: Client) -> None:
        story = Story(client)
        await story.register()
        await story.settle()
        await story.convene()
        await story.hold()
        await story.submit_topics()
        await story.withdraw()

    asyncio.run(system.ask(played))


def go_on(system: Deployment) -> None:
    """What no partner may know of: other bodies' answers, topics, items and actions, drafts, another authority's year."""

    async def played(client: Client) -> None:
        story = Story(client)
        story.now = LATER
        answer = {"answer": "declined", "channel": "portal"}
        of = {"conference_id": OPEN, "body_id": "sta-koeln"}
        prosecutor = SignIn("partner", "sta-koeln", "leadership")
        await story.do(prosecutor, "invitations", "respond", **of, **answer)
        await story.submit("hidden 6", "sta-koeln", OPEN, "sta-koeln")
        await story.place("hidden 6", 6)
        moved = {"conference_id": OPEN, "topic_id": ident("hidden 3"), "number": 30}
        await story.do(SECRETARIAT, "agenda", "move_item", **moved)
        removed = {"conference_id": OPEN, "topic_id": ident("hidden 1")}
        await story.do(SECRETARIAT, "agenda", "remove_item", **removed)
        await story.do(CONVENOR, "agenda", "release_agenda", conference_id=OPEN, **REASON)
        await story.propose("hidden action", "hidden", "sta-koeln", "lg-koeln")
        consent = {"action_id": ident("their action"), "body_id": "sta-koeln"}
        await story.do(prosecutor, "agenda", "consent_to_action", **consent)
        await story.add(OPEN, "schulamt-lindenthal")
        await story.add(LEFT, "stadt-koeln", "schulamt-koeln")
        later = {"authority_id": "pp-bonn", "kind": "siko", "areas": ["Bonn"], "place": "Rathaus"}
        at = {"starts_at": "2025-07-02T10:00:00+02:00"}
        await story.do(BONN[SECRETARIAT], "scheduler", "schedule_conference", **later, **at)
        await story.settle()

    asyncio.run(system.ask(played))
