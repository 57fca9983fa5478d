"""Random stories of three years of all authorities, reproducible by a seed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from siko_contracts.commands import Command
from siko_contracts.commands.invitations import (
    CheckCoverage,
    ConfirmForwarding,
    GapAcceptance,
    ReleaseInvitations,
    RemoveBody,
)
from siko_contracts.commands.scheduler import (
    CancelConference,
    CorrectConference,
    OpenConference,
    PlanConference,
    PostponeConference,
    RecordHeld,
    RecordNilReport,
    RegisterBody,
    RescheduleConference,
    ScheduleConference,
    TransferArea,
)
from siko_contracts.values import MANDATORY_CATEGORIES
from siko_core.calendar import BERLIN

from siko.demo.state.register import State
from siko.demo.state.sessions import draw_session
from siko.demo.steps import Step, ident, second_wednesday
from siko.roles import SignIn

MONTHS = (3, 5, 6, 9, 11)
"""Their second Wednesdays are neither holidays nor school holidays."""

FATES = {
    "held": 57,
    "gap": 9,
    "dated": 5,
    "moved": 6,
    "late": 3,
    "planned": 7,
    "cancelled": 6,
    "postponed": 7,
}
"""Outcomes of a conference, in percent.

`planned` never gets a date, `dated` gets it later; `moved` was recorded wrongly too; `late` was recorded in January;
`postponed` goes over the turn of the year.
"""

CLOSED = 0.5
"""Share of held conferences that are closed before Christmas."""

REPORTED = 0.8
"""Share of missed years with a nil report (R7)."""

OPENS, ENDS = time(10), time(12, 30)
Group = tuple[str, ...]
"""Areas that meet together; none of them: the motorways."""


class Stories:
    """The steps of the years, in the order in which they happen."""

    def __init__(self, state: State, seed: int, years: tuple[int, ...]) -> None:
        self.state = state
        self.seed = seed
        self.years = years
        self.steps: list[Step] = []
        self.conference_ids: set[str] = set()
        self.fulfilled: set[tuple[str, int]] = set()
        self.transferred, self.to_authority = self._transfer()
        self.meets_for_the_transferred = Random(f"{seed} meets").choice(
            [state.areas[self.transferred], self.to_authority]
        )
        """In the half year in which it is competent."""
        self.transferred_on = date(years[len(years) // 2], 7, 1)
        for year in years:
            self._year(year)
        self.steps.sort(key=lambda step: (step.at, step.service))

    def _transfer(self) -> tuple[str, str]:
        """Choose an area that changes hands in the middle year (R6), within its district, so that routes stay valid."""
        draw, state = Random(f"{self.seed} transfer"), self.state
        owners = list(state.areas.values())
        area = draw.choice([area for area, owner in state.areas.items() if owners.count(owner) > 1])
        district = state.districts[state.areas[area]]
        candidates = [
            authority
            for authority in dict.fromkeys(owners)
            if state.districts[authority] == district and authority != state.areas[area]
        ]
        return area, draw.choice(candidates)

    def _year(self, year: int) -> None:
        if year == self.transferred_on.year:
            transfer = TransferArea(
                area=self.transferred,
                to_authority_id=self.to_authority,
                valid_from=self.transferred_on,
            )
            self._do(date(year, 1, 5), time(9), transfer, "ministry")
        for authority in self.state.districts:
            draw = Random(f"{self.seed} {authority} {year}")
            months = list(MONTHS)
            draw.shuffle(months)
            for group, month in zip(self._groups(authority, year, draw), cycle(months)):
                self._conference(authority, group, year, month, draw)
        for scope in (*self.state.areas, *self.state.on_motorways):
            draw = Random(f"{self.seed} {scope} {year} nil")
            if (scope, year) not in self.fulfilled and draw.random() < REPORTED:
                self._nil_report(scope, year)

    def _groups(self, authority: str, year: int, draw: Random) -> Iterator[Group]:
        """Yield groups: half of the authorities hold one conference for all their areas, the others one for each."""
        changes = year == self.transferred_on.year
        own = [
            area
            for area in self.state.areas
            if self._owner(area, year) == authority and not (changes and area == self.transferred)
        ]
        if draw.random() < 0.5:  # noqa: PLR2004 - half of them
            yield tuple(own)
        else:
            yield from ((area,) for area in own)
        if changes and authority == self.meets_for_the_transferred:
            yield (self.transferred,)
        if authority in self.state.on_motorways:
            yield ()

    def _owner(self, area: str, year: int) -> str:
        is_transferred = area == self.transferred and year > self.transferred_on.year
        return self.to_authority if is_transferred else self.state.areas[area]

    def _conference(
        self, authority: str, group: Group, year: int, month: int, draw: Random
    ) -> None:
        fate = draw.choices(list(FATES), list(FATES.values()))[0]
        if year == self.transferred_on.year and group == (self.transferred,):
            fate, month = "held", 3 if authority != self.to_authority else 9
        if fate == "postponed" and year == self.years[-1]:
            fate = "cancelled"
        scopes = group or (authority,)
        conference_id = self._ident("conference", *scopes, year)
        self.conference_ids.add(conference_id)
        if fate in {"planned", "dated"}:
            self._plan(conference_id, authority, group, date(year, month, 1))
        if fate == "planned":
            return
        day = second_wednesday(year, 11 if fate == "postponed" else month)
        self._schedule(conference_id, authority, group, day, planned=fate == "dated")
        bodies = self._invite(
            conference_id, authority, group, date(year, 1, 9), draw, gap=fate == "gap"
        )
        if fate == "cancelled":
            cancel = CancelConference(conference_id=conference_id, reason="Großlage")
            self._do(date(year, 2, 20), time(16), cancel, f"secretariat@{authority}")
            return
        prepared_for = day
        if fate == "moved":
            day += timedelta(days=7)
            self._move(conference_id, authority, date(year, 1, 15), day)
        if fate == "postponed":
            postpone = PostponeConference(conference_id=conference_id, reason="Großlage")
            self._do(date(year, 10, 20), time(9), postpone, f"secretariat@{authority}")
            day = prepared_for = second_wednesday(year + 1, 3)
            self._move(conference_id, authority, date(year, 11, 5), day)
            bodies = self._invite(conference_id, authority, group, date(year + 1, 1, 9), draw)
        self._hold(conference_id, authority, day, late=fate == "late")
        if fate == "moved":
            correct = CorrectConference(
                conference_id=conference_id,
                error="Der Beginn war falsch erfasst.",
                started_at=_moment(day, OPENS) + timedelta(minutes=15),
            )
            self._do(day + timedelta(days=1), time(9), correct, f"secretariat@{authority}")
        closes = fate not in {"moved", "late"} and draw.random() < CLOSED
        session = draw_session(conference_id, authority, bodies, self.seed, closes=closes)
        for entry in session.steps(prepared_for, day):
            self._do(*entry)
        self.fulfilled |= {(scope, day.year) for scope in scopes}

    def _plan(self, conference_id: str, authority: str, group: Group, month: date) -> None:
        plan = PlanConference(
            id=conference_id,
            authority_id=authority,
            kind="siko" if group else "siko_ap",
            areas=group,
            month=f"{month:%Y-%m}",
        )
        self._do(date(month.year, 1, 8), time(9), plan, f"secretariat@{authority}")

    def _schedule(
        self, conference_id: str, authority: str, group: Group, day: date, *, planned: bool
    ) -> None:
        schedule = ScheduleConference(
            id=None if planned else conference_id,
            conference_id=conference_id if planned else None,
            authority_id=authority,
            kind="siko" if group else "siko_ap",
            areas=group,
            starts_at=_moment(day, OPENS),
            ends_at=_moment(day, ENDS),
            place="Sitzungssaal",
            override_reason="An diesem Tag sind alle zuständigen Stellen im Haus.",
        )
        self._do(date(day.year, 1, 8), time(10), schedule, f"secretariat@{authority}")

    def _invite(
        self,
        conference_id: str,
        authority: str,
        group: Group,
        day: date,
        draw: Random,
        *,
        gap: bool = False,
    ) -> list[RegisterBody]:
        """Check coverage, release with all gaps accepted, let the intermediaries forward (R12); return who is invited."""
        bodies = {body.body_id: body for body in self.state.invited(authority, group)}
        if gap and group:
            left_out = draw.choice([b for b in bodies.values() if b.category != "administration"])
            remove = RemoveBody(
                conference_id=conference_id, body_id=left_out.body_id, reason="Kein Bezug"
            )
            self._do(day, time(10), remove, f"secretariat@{authority}")
            del bodies[left_out.body_id]
        self._do(
            day, time(11), CheckCoverage(conference_id=conference_id), f"secretariat@{authority}"
        )
        accepted = tuple(
            GapAcceptance(area=area, category=category, reason="Im Register fehlt eine Stelle.")
            for area in group
            for category in MANDATORY_CATEGORIES
        )
        release = ReleaseInvitations(conference_id=conference_id, accepted_gaps=accepted)
        self._do(day, time(15), release, f"convenor@{authority}")
        for body in bodies.values():
            if body.via:
                forward = ConfirmForwarding(
                    conference_id=conference_id, body_id=body.body_id, by_body_id=body.via
                )
                self._do(day, time(16), forward, f"partner:secretariat@{body.via}")
        return list(bodies.values())

    def _move(self, conference_id: str, authority: str, on: date, to: date) -> None:
        move = RescheduleConference(
            conference_id=conference_id,
            starts_at=_moment(to, OPENS),
            reason="Ein anderer Tag",
            override_reason="Ein anderer Tag war nicht zu finden.",
        )
        self._do(on, time(9), move, f"secretariat@{authority}")

    def _hold(self, conference_id: str, authority: str, day: date, *, late: bool) -> None:
        opening = OpenConference(conference_id=conference_id)
        self._do(day, OPENS, opening, f"convenor@{authority}")
        held = RecordHeld(
            conference_id=conference_id,
            started_at=_moment(day, OPENS),
            ended_at=_moment(day, ENDS),
        )
        recorded_on = date(day.year + 1, 1, 6) if late else day
        self._do(recorded_on, time(13), held, f"secretariat@{authority}")

    def _nil_report(self, scope: str, year: int) -> None:
        is_area = scope in self.state.areas
        report = RecordNilReport(
            kind="siko" if is_area else "siko_ap",
            area=scope if is_area else None,
            authority_id=None if is_area else scope,
            year=year,
            reason="Eine Konferenz kam nicht zustande.",
        )
        owner = self._owner(scope, year) if is_area else scope
        self._do(date(year + 1, 1, 7), time(9), report, f"secretariat@{owner}")

    def _do(self, day: date, at: time, command: Command, sign_in: str) -> None:
        command_id = self._ident("step", len(self.steps))
        self.steps.append(Step(_moment(day, at), command, SignIn.parse(sign_in), command_id))

    def _ident(self, *parts: object) -> str:
        return ident(self.years[0], f"state {self.seed}", " ".join(map(str, parts)))


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, BERLIN)
