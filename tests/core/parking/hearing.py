"""A service that hears of others and stumbles where a test says so, and how it is told."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from siko_contracts.answers import Settled
from siko_contracts.commands.operations import LettersCommand
from siko_contracts.events import Event
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.follower.message import Followed, read
from siko_core.follower.parking import carefully
from siko_core.identity.guard import Guard
from siko_core.identity.headers import HEADERS
from siko_core.letters import PARKED, Letter, LetterFilter
from siko_core.requests.broker import Broker
from siko_core.requests.dead_letters import DeadLetterOffice
from siko_core.settings import Settings
from siko_core.testing import Desk
from siko_core.write_service import WriteService
from siko_core.writer.writer import Writer

from tests.core.batches import NOW
from tests.core.toy import Tally

PRODUCER = "scheduler"
COMMAND_ID = "0192f0c4-0000-7000-8000-0000000000{:02}".format


class Broken(Exception):
    """A mistake in the policy."""


class Stumbling(EventSourcedApplication):
    """Counts what it hears of each aggregate; what fails is kept for the process, as a version's mistakes are."""

    name = "invitations"
    fails: dict[str, Exception]
    """Event id -> what its policy ends with, for ever."""
    stumbles: dict[str, int]
    """Event id -> how many times it fails before it does not."""
    tried: list[str]

    def __init__(self, *arguments: Any) -> None:
        self.fails, self.stumbles, self.tried = {}, {}, []
        super().__init__(*arguments)


def policy(event: Event, stumbling: Stumbling) -> None:
    stumbling.tried.append(event.event_id)
    id_ = f"tally:{event.aggregate_id}"
    tally = stumbling.find(Tally, id_) or Tally(id=id_)
    tally.count(event.event_id)
    stumbling.save(tally)
    if event.event_id in stumbling.fails:
        raise stumbling.fails[event.event_id]
    if stumbling.stumbles.get(event.event_id, 0) > 0:
        stumbling.stumbles[event.event_id] -= 1
        raise Broken


def stumbling_service() -> WriteService[Stumbling]:
    return WriteService(Stumbling, {}, commands={}, follows=(PRODUCER,), policy=policy)


def body_of(event_id: str, **other: Any) -> bytes:
    """Of a bare notice; `a@1` is the first event of `a`."""
    aggregate_id, _, version = event_id.partition("@")
    common = {
        "event_id": event_id,
        "aggregate_id": aggregate_id,
        "aggregate_version": int(version),
        "authority_id": "pp-koeln",
        "effective_at": NOW,
        "recorded_at": NOW,
        "actor": {"function": "secretariat", "body_id": "pp-koeln"},
        "event": "toy_note.written",
    }
    return json.dumps(common | other).encode()


def message(position: int, previous: int, event_id: str, body: bytes | None = None) -> Followed:
    body = body or body_of(event_id)
    event, fault = read("recorded.v1", body)
    return Followed(
        type="recorded.v1",
        body=body,
        position=position,
        previous=previous,
        sequence=position,
        event=event,
        correlation_id=f"because of {event_id}",
        subject=event_id.partition("@")[0],
        fault=fault,
    )


class Replica:
    """A process of the service without a broker: its writer, its reactions, and its operator's office."""

    def __init__(self, desk: Desk[Stumbling]) -> None:
        self.application: Any = desk.application
        self.writer: Writer = desk.writer
        self.recorder: Any = desk.application.recorder
        self.reactions = desk.reactions
        self.office = DeadLetterOffice(
            "invitations", Broker(), Guard("invitations", Settings(auth="off"))
        )
        self.office.keeper = self.reactions
        self.running = asyncio.create_task(desk.writer.run())

    async def hear(self, *event_ids: str, bodies: dict[str, bytes] | None = None) -> None:
        """They arrive in one batch, behind what was heard before."""
        position = (await self.writer.place(PRODUCER)).position
        batch = [
            message(
                position + number, position + number - 1, event_id, (bodies or {}).get(event_id)
            )
            for number, event_id in enumerate(event_ids, start=1)
        ]
        await carefully(self.reactions.apply, PRODUCER, position, batch)

    def place(self) -> int:
        position: int = self.recorder.place(PRODUCER).position
        return position

    def letters(self, **sought: Any) -> list[Letter]:
        found: list[Letter] = self.recorder.letters(LetterFilter(**sought))
        return found

    def parked(self) -> list[str | None]:
        """Event ids, in order."""
        return [letter.event_id for letter in self.letters(state=PARKED)]

    def heard(self, aggregate_id: str) -> list[str]:
        """What took effect, from the store."""
        mapper = self.application.mapper
        stored: Sequence[Any] = self.recorder.select_events(f"tally:{aggregate_id}")
        events = [mapper.to_domain_event(each) for each in stored]
        return [event.heard for event in events if isinstance(event, Tally.Counted)]

    async def settle(
        self, what: LettersCommand, number: int = 1, actor: str | None = None
    ) -> Settled:
        """As by a request with this command id."""
        headers = {"Siko-Command-Id": COMMAND_ID(number)}
        token = HEADERS.set(headers | ({"Siko-Actor": actor} if actor else {}))
        try:
            return await self.office.settle(what)
        finally:
            HEADERS.reset(token)
