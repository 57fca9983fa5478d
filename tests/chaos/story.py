"""What the clients do: an authority's conferences over and over, in areas of their own, and a clerk's many small changes.

A conference lies in years that are over, and what led to it is entered afterwards (`effective_at`), or it lies far ahead: so
it is the same under either clock. One that is over then has its session recorded; one to come is answered, moved, or cancelled.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from siko_contracts.commands import Command
from siko_contracts.commands import agenda as ag
from siko_contracts.commands import invitations as inv
from siko_contracts.commands import scheduler as sch
from siko_core.calendar import BERLIN

from tests.chaos.ledger import Entry
from tests.chaos.sending import Sender
from tests.gaps import accepted

OVER, AHEAD, MONTHS = (2023, 2024), (2032, 2033), (3, 6, 9, 11)
DUE_ON = date(2034, 6, 30)
SINCE = date(2007, 1, 1)
CATEGORIES = ("public_prosecutor", "ordinary_court", "customs", "administration")
FIRST_DAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""Of the manual clock."""
DAY_SECONDS = 1.0
REPEATED = 0.06
IS_OVER, CANCELLED, MOVED_AGAIN = 0.6, 0.2, 0.5
"""Shares of the conferences."""
CLERKS_PAUSE = 0.1


class Refused(Exception):
    """What was told so far cannot go on; the next one begins."""


class Teller:
    """Draws what happens next; every draw is of the seed, what the system answers is not."""

    def __init__(self, sender: Sender, seed: int, name: str) -> None:
        self.sender = sender
        self.random = Random(f"{seed} {name}")
        self.name = name
        self.told = 0
        self.authority = ""
        """For which it acts."""

    @property
    def stopping(self) -> bool:
        return self.sender.stopping.is_set()

    def new_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    async def do(self, command: Command) -> Entry:
        """Refused where it is, or where the end has come; what was accepted is now and then asked again."""
        if self.stopping:
            raise Refused
        entry = await self.sender.send(command, self.authority)
        if entry.outcome != "accepted":
            raise Refused(f"{command.NAME}: {entry.answer}")
        self.told += 1
        if self.random.random() < REPEATED:
            await self.sender.again(entry)
        return entry


class Secretariat(Teller):
    """Conferences of one area, with convenor, minute taker and the bodies that are invited."""

    async def run(self) -> None:
        self.authority = f"lr-{self.name}"
        self.area = f"Gebiet {self.name}"
        self.bodies = [f"{category.replace('_', '-')}-{self.name}" for category in CATEGORIES]
        try:
            for command in self._register():
                await self.do(command)
            while True:
                await self._conference()
        except Refused:
            return

    def _register(self) -> Iterator[Command]:
        yield authority(self.authority)
        yield sch.AssignArea(authority_id=self.authority, area=self.area, valid_from=SINCE)
        for body, category in zip(self.bodies, CATEGORIES, strict=True):
            yield sch.RegisterBody(
                body_id=body, name=body, category=category, areas=(self.area,), route="direct",
                leadership_function="Leitung", valid_from=SINCE,
            )  # fmt: skip
        for body in self.bodies:
            yield contact(body, 0)

    async def _conference(self) -> None:
        try:
            for command in Conference(self).told():
                await self.do(command)
        except Refused:
            if self.stopping:
                raise


class Conference:
    """The commands of one conference: one that is over, or one to come."""

    def __init__(self, teller: Secretariat) -> None:
        self.teller = teller
        self.draw = teller.random
        self.id = teller.new_id()
        self.is_over = self.draw.random() < IS_OVER
        years = OVER if self.is_over else AHEAD
        self.day = _second_wednesday(self.draw.choice(years), self.draw.choice(MONTHS))
        self.hour = self.draw.randrange(8, 15)
        self.topic_ids = [teller.new_id() for _ in range(self.draw.randrange(1, 3))]

    def at(self, days: int, hour: int = 9, minute: int = 0) -> datetime:
        day = self.day + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), BERLIN)

    def then(self, days: int, minute: int = 0) -> datetime | None:
        """When it happened, so many days before the conference; None where it happens now."""
        return self.at(days, 9, minute) if self.is_over else None

    def told(self) -> Iterator[Command]:
        """From the first date to the session, the cancellation, or a day that is still to come."""
        is_cancelled = self.draw.random() < CANCELLED
        yield from self.convene()
        if self.is_over:
            yield from self.topics()
            yield from [self.cancel()] if is_cancelled else self.session()
            return
        yield from self.answers()
        if is_cancelled:
            # before topics: who is not invited any more cannot repeat what it submitted (ADR 0010)
            yield self.cancel()
            return
        yield from self.topics()
        if self.draw.random() < MOVED_AGAIN:
            yield self._moved(-19, 45)
            yield from self.answers()

    def convene(self) -> Iterator[Command]:
        starts_at = self.at(0, self.hour)
        yield sch.ScheduleConference(
            id=self.id, authority_id=self.teller.authority, kind="siko", areas=(self.teller.area,),
            starts_at=starts_at, place="Kreishaus", effective_at=self.then(-56), override_reason="Probe",
        )  # fmt: skip
        if self.draw.random() < 0.3:
            yield self._moved(-55, 30)
        yield inv.CheckCoverage(conference_id=self.id, effective_at=self.then(-50))
        released_at = self.then(-45)
        yield inv.ReleaseInvitations(
            conference_id=self.id,
            accepted_gaps=tuple(map(inv.GapAcceptance.model_validate, accepted(self.teller.area))),
            effective_at=released_at,
            evidence="Probe" if released_at else None,
        )

    def answers(self) -> Iterator[Command]:
        """Each body answers, some change their mind."""
        for body in self.teller.bodies:
            for _ in range(self.draw.choice((1, 1, 2, 3))):
                yield inv.Respond(
                    conference_id=self.id,
                    body_id=body,
                    answer=self.draw.choice(("accepted", "tentative", "declined")),
                    channel="portal",
                    comment=f"{self.draw.random()}",
                )

    def topics(self) -> Iterator[Command]:
        for number, topic in enumerate(self.topic_ids, 1):
            yield ag.SubmitTopic(
                id=topic, conference_id=self.id, body_id=self.draw.choice(self.teller.bodies),
                topic_area="security_situation", title="Lagebild", contains_case_data=False,
                effective_at=self.then(-35, number),
            )  # fmt: skip
            yield ag.AcceptTopic(topic_id=topic, effective_at=self.then(-30, number))
            yield ag.PlaceItem(
                conference_id=self.id, topic_id=topic, number=number, effective_at=self.then(-29, number)
            )  # fmt: skip
        yield ag.ReleaseAgenda(conference_id=self.id, effective_at=self.then(-20))

    def cancel(self) -> Command:
        return sch.CancelConference(conference_id=self.id, reason="Großlage")

    def session(self) -> Iterator[Command]:
        yield sch.OpenConference(conference_id=self.id)
        present = tuple(body for body in self.teller.bodies if self.draw.random() < 0.8)
        for body in self.teller.bodies:
            attended = body in present
            yield inv.RecordAttendance(
                conference_id=self.id, body_id=body, attended=attended,
                level="head" if attended else None,
            )  # fmt: skip
        for topic in self.topic_ids:
            kinds = self.draw.choice(
                (("noted",), ("situation_picture", "action"), ("cooperation",))
            )
            yield ag.DiscussTopic(
                conference_id=self.id, topic_id=topic, bodies_present=present,
                outcomes=tuple(ag.OutcomeEntry(kind=kind) for kind in kinds),
            )  # fmt: skip
        lead = next(body for body in self.teller.bodies if body.startswith("customs"))
        yield ag.ProposeAction(
            id=self.teller.new_id(), conference_id=self.id, topic_id=self.topic_ids[0],
            title="Maßnahme", lead_body_id=lead, due_on=DUE_ON,
            consents=(lead,) if lead in present else (),
        )  # fmt: skip
        yield sch.RecordHeld(
            conference_id=self.id, started_at=self.at(0, 15, 45), ended_at=self.at(0, 17, 30)
        )  # fmt: skip

    def _moved(self, day: int, minute: int) -> Command:
        return sch.RescheduleConference(
            conference_id=self.id,
            starts_at=self.at(0, self.hour, minute),
            effective_at=self.then(day),
            reason="Probe",
            override_reason="Probe",
        )


class Clerk(Teller):
    """Small changes without a pause, several at a time, on things that other clerks change too."""

    async def run(self, bodies: list[str]) -> None:
        own = self.authority = f"lr-{self.name}-head"
        number = 0
        try:
            version = _version(await self.do(authority(own)))
            while True:
                number += 1
                # nobody else changes it: that its version is another one would be the system's fault
                appoint = sch.AppointHead(
                    authority_id=own,
                    function=f"Leitung {number}",
                    valid_from=SINCE,
                    expected_version=version,
                )
                others = asyncio.gather(
                    self.do(authority(f"lr-{self.name}-{number}")),
                    self.do(contact(self.random.choice(bodies), number)),
                    return_exceptions=True,
                )
                version = _version(await self.do(appoint))
                await others
                await asyncio.sleep(CLERKS_PAUSE)
        except Refused:
            return


async def clock(sender: Sender) -> None:
    """Days begin, one a second."""
    while not sender.stopping.is_set():
        assert sender.now is not None
        sender.now += timedelta(days=1)
        await sender.send(sch.AdvanceClock(as_of=sender.now))
        await asyncio.sleep(DAY_SECONDS)


def authority(authority_id: str) -> Command:
    return sch.RegisterAuthority(
        authority_id=authority_id, name=authority_id, kind="landrat", district="br-koeln", valid_from=SINCE
    )  # fmt: skip


def contact(body_id: str, number: int) -> Command:
    return inv.SetContact(body_id=body_id, email=f"{number}@{body_id}.example.org")


def _second_wednesday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(2 - first.weekday()) % 7 + 7)


def _version(entry: Entry) -> int:
    return int((entry.answer or {})["version"])
