"""Answering: `respond`, the command sent in bulk: every invited body answers, within days, and may change its answer.

The state's register (`siko demo --state`) has 68 conferences a year with some twenty bodies each. It reads list and
invitation, judges who is invited and until when (R16), and makes one event.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from typing import Any
from uuid import UUID

from siko_contracts.answers import Answer
from siko_contracts.commands.invitations import (
    CheckCoverage,
    GapAcceptance,
    ReleaseInvitations,
    Respond,
)
from siko_contracts.events import Event
from siko_contracts.events.scheduler import AuthorityRegistered, BodyRegistered, ConferenceScheduled
from siko_contracts.values import MANDATORY_CATEGORIES, NRW, Actor, CompetentBody
from siko_core.follower.message import Followed
from siko_core.positions import Step
from siko_core.writer.reactions import Reactions
from siko_invitations.application import Invitations
from siko_invitations.application.policy import policy
from siko_invitations.domain.invitation import Invitation
from siko_invitations.service import service

from bench.replica import AUTHORITY, Replica

AREA = "Köln"
GAPS = tuple(
    GapAcceptance(area=AREA, category=category, reason="nobody else is there")
    for category in MANDATORY_CATEGORIES
)
CONFERENCES = [str(UUID(int=number)) for number in range(50)]
BODIES = [f"stelle-{number}" for number in range(20)]
HEARD_AT = datetime(2008, 1, 2, 9, tzinfo=UTC)
STARTS_AT = datetime(2008, 5, 7, 8, tzinfo=UTC)
ANSWERS = ("accepted", "tentative", "declined")


def answers() -> Iterator[dict[str, str]]:
    """Generate, without end, an answer of each invited body in turn; each round with another answer."""
    for answer in cycle(ANSWERS):
        for conference, body in product(CONFERENCES, BODIES):
            yield {
                "conference_id": conference,
                "body_id": body,
                "answer": answer,
                "channel": "portal",
            }


class Answering(Replica):
    APPLICATION = Invitations
    COMMANDS = service.commands

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._answers = answers()

    async def one(self) -> Answer:
        return await self.perform(Respond.model_validate(next(self._answers)))

    async def prepare(self) -> None:
        if self.application.find(Invitation, Invitation.create_id(CONFERENCES[0], BODIES[0])):
            return
        reactions = Reactions(self.application, policy, self.clock, self.writer)
        heard = [_followed(number, fact) for number, fact in enumerate(_facts(), 1)]
        await reactions.apply(heard, Step("scheduler", 0, len(heard), len(heard)))
        for conference in CONFERENCES:
            await self.perform(CheckCoverage(conference_id=conference))
            await self.perform(ReleaseInvitations(conference_id=conference, accepted_gaps=GAPS))


def _facts() -> list[Event]:
    """Return the scheduler's events: the authority, the competent bodies and the conferences."""
    authority = AuthorityRegistered(
        **_common(1), authority_id=AUTHORITY, name="Polizeipräsidium Köln", kind="polizeipraesidium",
        district="br-koeln", valid_from=HEARD_AT.date(),
    )  # fmt: skip
    bodies = [
        BodyRegistered(
            **_common(number), authority_id=NRW, body_id=body, name=body, category="customs", areas=(AREA,),
            route="direct", leadership_function="Leitung", verified=True, valid_from=HEARD_AT.date(),
        )
        for number, body in enumerate(BODIES, 2)
    ]  # fmt: skip
    competent = tuple(CompetentBody(body_id=b, category="customs", areas=(AREA,)) for b in BODIES)
    conferences = [
        ConferenceScheduled(
            **_common(number), authority_id=AUTHORITY, conference_id=conference, kind="siko", areas=(AREA,),
            starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=2), place="Polizeipräsidium Köln",
            state="SCHEDULED", competent_bodies=competent,
        )
        for number, conference in enumerate(CONFERENCES, 2 + len(BODIES))
    ]  # fmt: skip
    return [authority, *bodies, *conferences]


def _common(number: int) -> dict[str, Any]:
    return {
        "event_id": f"fact-{number}@1",
        "aggregate_id": f"fact-{number}",
        "aggregate_version": 1,
        "effective_at": HEARD_AT,
        "recorded_at": HEARD_AT,
        "actor": Actor(function="secretariat", body_id=AUTHORITY),
    }


def _followed(number: int, fact: Event) -> Followed:
    return Followed(
        type=fact.TYPE,
        body=b"",
        position=number,
        previous=number - 1,
        sequence=number,
        event=fact,
    )
