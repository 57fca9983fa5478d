"""A desk of invitations, and the scheduler's facts as they arrive: the bodies of Cologne and Leverkusen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from siko_contracts.answers import Answer, Refusal
from siko_contracts.commands import invitations as commands
from siko_contracts.events import Event
from siko_contracts.events.scheduler import AuthorityRegistered, BodyRegistered, ConferenceScheduled
from siko_contracts.values import Actor, CompetentBody
from siko_core.eventsourced.application import Saved
from siko_core.testing import Desk
from siko_invitations.application import Invitations
from siko_invitations.application.policy import policy
from siko_invitations.publishing import CONTRACTS
from siko_invitations.service import service

BOTH = ("Köln", "Leverkusen")
REGISTER = {
    "sta-koeln": ("public_prosecutor", BOTH),
    "ag-koeln": ("ordinary_court", ("Köln",)),
    "ag-leverkusen": ("ordinary_court", ("Leverkusen",)),
    "lg-koeln": ("ordinary_court", BOTH),
    "olg-koeln": ("ordinary_court", BOTH),
    "stadt-koeln": ("administration", ("Köln",)),
    "stadt-leverkusen": ("administration", ("Leverkusen",)),
    "bpoli-koeln": ("federal_police", BOTH),
    "hza-koeln": ("customs", BOTH),
    "br-koeln": ("district_government", BOTH),
    "schulamt-koeln": ("school_office", ("Köln",)),
    "schulamt-leverkusen": ("school_office", ("Leverkusen",)),
    "jugendamt-koeln": ("youth_welfare_office", ("Köln",)),
    "jugendamt-leverkusen": ("youth_welfare_office", ("Leverkusen",)),
}
STARTS_AT = datetime(2025, 5, 6, 9, tzinfo=UTC)


def competent(body_id: str) -> CompetentBody:
    category, areas = REGISTER[body_id]
    via = "br-koeln" if category == "school_office" else None
    return CompetentBody(
        body_id=body_id,
        category=category,
        areas=areas,
        route="via" if via else "direct",
        via=via,
    )


class Office(Desk[Invitations]):
    """The desk, with the scheduler's facts as one-liners. Commands arrive at `now`."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        super().__init__(Invitations, CONTRACTS, folder, policy=policy, database_url=database_url)
        self.now = "2025-01-10T09:00:00+01:00"
        self.numbers = count(1)
        self.starts_at = STARTS_AT

    def hears(self, contract: type[Event], **fields: Any) -> None:
        """A fact of the scheduler arrives."""
        number = next(self.numbers)
        common = {
            "event_id": f"fact@{number}",
            "aggregate_id": "fact",
            "aggregate_version": number,
            "authority_id": "pp-koeln",
            "effective_at": self.now,
            "recorded_at": self.now,
            "actor": Actor(function="secretariat", body_id="pp-koeln"),
        }
        self.follow(contract.model_validate(common | fields))

    def hears_of_authority(
        self, authority_id: str = "pp-koeln", district: str = "br-koeln"
    ) -> None:
        self.hears(
            AuthorityRegistered,
            authority_id=authority_id,
            name="Polizeipräsidium Köln",
            kind="polizeipraesidium",
            district=district,
            valid_from="2007-01-01",
        )

    def hears_of_body(
        self,
        body_id: str,
        contract: type[Event] = BodyRegistered,
        **fields: Any,
    ) -> None:
        body = competent(body_id).model_dump() if body_id in REGISTER else {"body_id": body_id}
        described = {
            "authority_id": "nrw",
            "name": body_id,
            "route": "direct",
            "leadership_function": "Leitung",
            "verified": True,
            "valid_from": "2007-01-01",
        }
        self.hears(contract, **(described | body | fields))

    def hears_of_register(self) -> None:
        self.hears_of_authority()
        for body_id in REGISTER:
            self.hears_of_body(body_id)

    def hears_of_conference(
        self,
        contract: type[Event] = ConferenceScheduled,
        conference_id: str = "c1",
        areas: tuple[str, ...] = BOTH,
        bodies: tuple[str, ...] | None = None,
        state: str = "SCHEDULED",
        **fields: Any,
    ) -> None:
        """Competent are the register's bodies of these areas, or those named."""
        named = [b for b in REGISTER if set(REGISTER[b][1]) & set(areas)]
        placed = {
            "conference_id": conference_id,
            "kind": "siko",
            "areas": areas,
            "starts_at": self.starts_at,
            "ends_at": self.starts_at + timedelta(hours=2),
            "place": "Walter-Pauli-Ring 2-6, Köln",
            "state": state,
            "competent_bodies": [competent(b) for b in (named if bodies is None else bodies)],
        }
        self.hears(contract, **(placed | fields))

    def hears_that(self, contract: type[Event], conference_id: str = "c1") -> None:
        """Opened, postponed, cancelled."""
        self.hears(contract, conference_id=conference_id)

    def does(self, command: Any) -> Answer:
        answer = self.send(service.commands[type(command)], command, now=self.now)
        assert isinstance(answer, Answer), answer
        return answer

    def refuses(self, command: Any) -> Refusal:
        before = len(self.contracts)
        refusal = self.send(service.commands[type(command)], command, now=self.now)
        assert isinstance(refusal, Refusal), refusal
        assert len(self.contracts) == before
        return refusal

    def decides(self, decision: Callable[[Invitations], Saved]) -> None:
        """The service decides by itself, as its sender does."""
        self.start(lambda application, _: decision(application), "")

    def releases(self, conference_id: str = "c1", **fields: Any) -> Answer:
        self.does(commands.CheckCoverage(conference_id=conference_id))
        return self.does(commands.ReleaseInvitations(conference_id=conference_id, **fields))

    def published(self, contract: type[Event]) -> list[Any]:
        return [each for each in self.contracts if type(each) is contract]

    def bodies(self, contract: type[Event]) -> list[str]:
        return [each.body_id for each in self.published(contract)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office that has heard of nothing."""
    return Office(tmp_path)


@pytest.fixture
def invited(office: Office) -> Office:
    """The joint conference c1 of Cologne and Leverkusen, every competent body invited."""
    office.hears_of_register()
    office.hears_of_conference()
    office.releases()
    return office
