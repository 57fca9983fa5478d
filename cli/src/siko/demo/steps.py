"""Steps of a demo's conference: commands on days before and after it, with ids that are the same in every run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from uuid import UUID, uuid5

from siko_contracts.commands import Command
from siko_contracts.commands.invitations import (
    CheckCoverage,
    ConfirmForwarding,
    GapAcceptance,
    RecordAttendance,
    ReleaseInvitations,
    Respond,
)
from siko_contracts.commands.scheduler import (
    OpenConference,
    RecordHeld,
    RegisterBody,
    ScheduleConference,
)
from siko_contracts.values import MANDATORY_CATEGORIES, Channel
from siko_core.calendar import BERLIN

from siko.import_nrw import shipped
from siko.roles import SignIn

NAMESPACE = UUID("06f2c447-a44d-4b3f-80b0-3e9b7722c2db")
"""Namespace of all ids of the demo. Never change it: a repeat would create everything again."""

AUTHORITY = "pp-koeln"
SECRETARIAT = SignIn.parse(f"secretariat@{AUTHORITY}")
CONVENOR = SignIn.parse(f"convenor@{AUTHORITY}")
PLACE = "Polizeipräsidium Köln"
OPENS, ENDS = time(10), time(12, 30)
WEDNESDAY = 2


@dataclass(frozen=True)
class Step:
    """One command: when, by whom, and the milestone to show afterwards."""

    at: datetime
    command: Command
    sign_in: SignIn
    command_id: str
    milestone: str = ""

    @property
    def service(self) -> str:
        return type(self.command).__module__.rpartition(".")[2]


class Script:
    """The steps of one conference, or of the preparations; days are relative to its own day."""

    def __init__(self, year: int, name: str, title: str, day: date) -> None:
        self.year = year
        self.name = name
        self.title = title
        self.day = day
        self.conference_id = self.id("conference")
        self.steps: list[Step] = []
        self._named: Counter[str] = Counter()

    def id(self, what: str) -> str:
        return ident(self.year, self.name, what)

    def moment(self, days: int, at: time = time(9)) -> datetime:
        return datetime.combine(self.day + timedelta(days=days), at, BERLIN)

    def do(
        self,
        days: int,
        at: time,
        command: Command,
        *,
        by: SignIn = SECRETARIAT,
        milestone: str = "",
    ) -> None:
        about = getattr(command, "body_id", None) or command.id or ""
        name = f"{command.NAME} {about}"
        self._named[name] += 1
        milestone = f"{self.title}: {milestone}" if milestone else ""
        command_id = self.id(f"{name} {self._named[name]}")
        self.steps.append(Step(self.moment(days, at), command, by, command_id, milestone))


def at_body(function: str, body_id: str) -> SignIn:
    """Return the sign-in of a function of a partner body."""
    return SignIn("partner", body_id, function)


def ident(year: int, name: str, what: str) -> str:
    return str(uuid5(NAMESPACE, f"{year} {name} {what}"))


def second_wednesday(year: int, month: int) -> date:
    """Return a day that is never a holiday in North Rhine-Westphalia in March, June, September and November."""
    first = date(year, month, 1)
    return first + timedelta(days=(WEDNESDAY - first.weekday()) % 7 + 7)


@cache
def bodies() -> tuple[RegisterBody, ...]:
    """Return the real bodies, as the import registers them."""
    return tuple(shipped().bodies)


def invited(areas: Iterable[str]) -> list[RegisterBody]:
    """Return the bodies that a conference for these areas must invite (R8, R9)."""
    wanted = set(areas)
    return [
        body
        for body in bodies()
        if body.category in MANDATORY_CATEGORIES and not wanted.isdisjoint(body.areas)
    ]


def convene(
    script: Script,
    areas: tuple[str, ...] = (),
    sections: tuple[str, ...] = (),
    accepted_gaps: tuple[GapAcceptance, ...] = (),
    forwarded: int = -45,
) -> None:
    """Schedule eight weeks before, release seven weeks before, let the intermediary forward on that day (R12)."""
    script.do(
        -56,
        time(9),
        ScheduleConference(
            id=script.conference_id,
            authority_id=AUTHORITY,
            kind="siko" if areas else "siko_ap",
            areas=areas,
            sections=sections,
            starts_at=script.moment(0, OPENS),
            ends_at=script.moment(0, ENDS),
            place=PLACE,
        ),
        milestone=f"angesetzt auf den {script.day:%d.%m.%Y}",
    )
    script.do(-55, time(9), CheckCoverage(conference_id=script.conference_id))
    script.do(
        -49,
        time(10),
        ReleaseInvitations(conference_id=script.conference_id, accepted_gaps=accepted_gaps),
        by=CONVENOR,
        milestone="Einladungen freigegeben",
    )
    for body in invited(areas):
        if body.route == "via" and body.via:
            script.do(
                forwarded,
                time(11),
                ConfirmForwarding(
                    conference_id=script.conference_id, body_id=body.body_id, by_body_id=body.via
                ),
                by=at_body("secretariat", body.via),
            )


def accept(script: Script, days: int, channel: Channel, *body_ids: str) -> None:
    """Record acceptances, entered by the secretariat, or by the body itself in the portal."""
    for body_id in body_ids:
        script.do(
            days,
            time(14),
            Respond(
                conference_id=script.conference_id,
                body_id=body_id,
                answer="accepted",
                channel=channel,
            ),
            by=at_body("leadership", body_id) if channel == "portal" else SECRETARIAT,
        )


def open_session(script: Script) -> None:
    script.do(
        0,
        OPENS,
        OpenConference(conference_id=script.conference_id),
        by=CONVENOR,
        milestone="eröffnet",
    )


def attended(script: Script, levels: dict[str, str | None]) -> None:
    """Record attendance; `levels` maps a body to its level, None if absent."""
    for body_id, level in levels.items():
        record = {"conference_id": script.conference_id, "body_id": body_id, "level": level}
        script.do(
            0,
            time(10, 10),
            RecordAttendance.model_validate(record | {"attended": level is not None}),
        )


def held(script: Script) -> None:
    script.do(
        0,
        time(12, 45),
        RecordHeld(
            conference_id=script.conference_id,
            started_at=script.moment(0, OPENS),
            ended_at=script.moment(0, ENDS),
        ),
        milestone="durchgeführt",
    )
