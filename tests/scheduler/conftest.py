"""A scheduler at its desk, with Cologne and Leverkusen in the register."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.agenda import NeedsAnswered
from siko_contracts.events.invitations import InvitationListFrozen, InvitationsReleased
from siko_contracts.events.scheduler import ObligationJudged
from siko_contracts.values import Actor, AreaCoverage, Finding
from siko_core.requests.history import EventLog
from siko_core.testing import Desk
from siko_scheduler.application import Scheduler
from siko_scheduler.application.clock import adopt_ruleset
from siko_scheduler.application.policy import policy
from siko_scheduler.domain.obligation import Obligation
from siko_scheduler.publishing import CONTRACTS
from siko_scheduler.service import service

SINCE = date(2007, 1, 1)
NO_BODY = "BodyNotInvited"

settings.register_profile("siko", deadline=None)  # a busy machine is no failure
settings.load_profile("siko")


class House:
    """Sends commands by their model, and plays the parts of invitations and agenda."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(Scheduler, CONTRACTS, folder, policy=policy)
        self.start()

    def start(self, ruleset: str = "nrw-2024.1") -> None:
        self.desk.start(adopt_ruleset, ruleset)

    def send(self, command: Any, now: str | None = None) -> Any:
        return self.desk.send(service.commands[type(command)], command, now=now)

    def done(self, command: Any, now: str | None = None) -> Any:
        answer = self.send(command, now)
        assert answer.ok, answer
        return answer

    def refused(self, command: Any, now: str | None = None) -> Any:
        """The error; and nothing was recorded."""
        before = len(self.desk.contracts)
        refusal = self.send(command, now)
        assert not refusal.ok, refusal
        assert len(self.desk.contracts) == before
        return refusal.error

    def published(self, *types: type) -> list[Any]:
        return [event for event in self.desk.contracts if isinstance(event, types)]

    def ask(self, read: Any, query: Any) -> list[Any]:
        """What a query answers, from what is committed."""
        log = EventLog(self.desk.application, CONTRACTS)
        return list(read(log, query, self.desk.clock.now()))

    def register(self) -> None:
        for authority_id, district in (("pp-koeln", "br-koeln"), ("pp-essen", "br-duesseldorf")):
            self.done(
                commands.RegisterAuthority(
                    authority_id=authority_id,
                    name=f"Polizeipräsidium {authority_id}",
                    kind="polizeipraesidium",
                    district=district,
                    valid_from=SINCE,
                )
            )
        self.done(
            commands.GrantMotorwayDuty(
                authority_id="pp-koeln", sections=("A 3", "A 4"), verified=False, valid_from=SINCE
            )
        )
        for area, authority_id in (
            ("Köln", "pp-koeln"),
            ("Leverkusen", "pp-koeln"),
            ("Essen", "pp-essen"),
        ):
            self.done(commands.AssignArea(authority_id=authority_id, area=area, valid_from=SINCE))

    def body(self, body_id: str, category: str, *areas: str, **fields: Any) -> Any:
        return commands.RegisterBody(
            body_id=body_id,
            name=body_id.upper(),
            category=category,
            areas=areas,
            leadership_function="Leitung",
            **({"route": "direct", "valid_from": SINCE} | fields),
        )

    def bodies(self) -> None:
        for command in (
            self.body("br-koeln", "district_government", "Köln", "Leverkusen"),
            self.body("stadt-koeln", "administration", "Köln"),
            self.body("stadt-leverkusen", "administration", "Leverkusen"),
            self.body("lg-koeln", "ordinary_court", "Köln", "Leverkusen"),
            self.body("schulamt-koeln", "school_office", "Köln", route="via", via="br-koeln"),
            self.body("fba", "road_operator", motorway_authority_ids=("pp-koeln",)),
        ):
            self.done(command)

    def schedule(self, starts_at: str, *areas: str, now: str | None = None, **fields: Any) -> str:
        answer = self.done(self.conference(starts_at, *areas, **fields), now)
        return str(answer.id)

    def conference(self, starts_at: str, *areas: str, **fields: Any) -> Any:
        return commands.ScheduleConference(
            starts_at=starts_at,
            areas=areas,
            **({"authority_id": "pp-koeln", "kind": "siko", "place": "Köln-Kalk"} | fields),
        )

    def motorway(self, starts_at: str, **fields: Any) -> Any:
        return self.conference(starts_at, **({"kind": "siko_ap"} | fields))

    def release(self, conference_id: str, at: str, **counts: bool) -> None:
        """`counts`: area -> will it count."""
        areas = tuple(AreaCoverage(area=area, counts=will) for area, will in counts.items())
        self.desk.follow(
            InvitationsReleased(
                **_common(f"list:{conference_id}", 2, at), conference_id=conference_id, areas=areas
            )
        )

    def freeze(
        self, conference_id: str, at: str, covered: dict[str | None, tuple[bool, tuple[str, ...]]]
    ) -> str:
        """`covered`: area -> does it count, which bodies are missing. Returns the event's id."""
        areas = tuple(
            AreaCoverage(
                area=area,
                counts=counts,
                gaps=tuple(
                    Finding(code=NO_BODY, rule="R9", area=area, body_id=gap) for gap in gaps
                ),
            )
            for area, (counts, gaps) in covered.items()
        )
        event = InvitationListFrozen(
            **_common(f"list:{conference_id}", 3, at), conference_id=conference_id, areas=areas
        )
        self.desk.follow(event)
        return event.event_id

    def open(self, conference_id: str, at: str) -> None:
        self.release(conference_id, at)
        self.done(commands.OpenConference(conference_id=conference_id), now=at)

    def hold(
        self,
        conference_id: str,
        day: str,
        covered: dict[str | None, tuple[bool, tuple[str, ...]]],
    ) -> str:
        """The whole session on that day; returns the id of the event that says it was held."""
        self.open(conference_id, f"{day}T09:00:00Z")
        self.freeze(conference_id, f"{day}T09:00:00Z", covered)
        answer = self.done(
            commands.RecordHeld(
                conference_id=conference_id,
                started_at=f"{day}T09:00:00Z",
                ended_at=f"{day}T11:00:00Z",
            ),
            now=f"{day}T12:00:00Z",
        )
        return f"{conference_id}@{answer.version}"

    def answer_needs(self, conference_id: str, at: str) -> None:
        """Agenda says that no need for action is open."""
        common = _common(f"agenda:{conference_id}", 9, at)
        self.desk.follow(NeedsAnswered(**common, conference_id=conference_id))

    def day(self, day: str) -> Any:
        """The clock is advanced to noon of that day."""
        return self.done(commands.AdvanceClock(as_of=f"{day}T12:00:00Z"), now=f"{day}T12:00:00Z")

    def judgements(self, scope: str, year: int, kind: str = "siko") -> list[ObligationJudged]:
        wanted = f"obligation:{kind}:{scope}:{year}"
        return [e for e in self.published(ObligationJudged) if e.aggregate_id == wanted]

    def verdict(self, scope: str, year: int, kind: str = "siko") -> ObligationJudged:
        return self.judgements(scope, year, kind)[-1]

    def is_judged(self, scope: str, year: int, kind: str = "siko") -> bool:
        found = self.desk.application.find(Obligation, f"obligation:{kind}:{scope}:{year}")
        return found is not None and found.verdict is not None


def _common(aggregate_id: str, version: int, at: str) -> dict[str, Any]:
    return {
        "event_id": f"{aggregate_id}@{version}",
        "aggregate_id": aggregate_id,
        "aggregate_version": version,
        "authority_id": "pp-koeln",
        "effective_at": at,
        "recorded_at": at,
        "actor": Actor(function="convenor", body_id="pp-koeln"),
    }


@pytest.fixture
def new_house(tmp_path: Path, a_house: Callable[[Path], House]) -> Callable[[], House]:
    """Makes houses with the register, each in a folder of its own."""
    made: list[House] = []

    def make() -> House:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(a_house(folder))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def a_house() -> Callable[[Path], House]:
    """Makes a house with the register in a folder that the caller brings."""

    def make(folder: Path) -> House:
        made = House(folder)
        made.register()
        made.bodies()
        return made

    return make


@pytest.fixture
def house(new_house: Callable[[], House]) -> House:
    return new_house()
