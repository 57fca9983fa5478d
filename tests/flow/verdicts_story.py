"""A year in which each area has a case of its own, played on a running system by commands, and what was seen on the way."""

import asyncio
from typing import Any

from siko.client import Client
from siko.quiescence import settle
from siko.roles import AUDITOR, CLOCK, IMPORT, SignIn
from siko_contracts.answers import Answer, Error, Refusal
from siko_contracts.values import MANDATORY_CATEGORIES

SECRETARIAT = SignIn.parse("secretariat@pp-koeln")
CONVENOR = SignIn.parse("convenor@pp-koeln")
INVITED_AFTERWARDS, INVITED_BY_LETTER = "Aachen", "Bonn"
NEVER_OPENED, NOT_ENTERED = "Essen", "Hagen"
WITHOUT_ADMINISTRATION = "Hamm"
WITHDRAWN, REMOVED = "Herne", "Krefeld"
AREAS = (
    INVITED_AFTERWARDS,
    INVITED_BY_LETTER,
    NEVER_OPENED,
    NOT_ENTERED,
    WITHOUT_ADMINISTRATION,
    WITHDRAWN,
    REMOVED,
)
YEAR = 2027
SEPTEMBER, NOVEMBER = "2027-09-10", "2027-11-17"
CUSTOMS = "hza-koeln"
SINCE = {"valid_from": "2007-01-01"}
DISTRICT = "br-koeln"


class Case:
    """Sends commands as who may give them, at a moment of the manual clock."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.now = "2027-01-04T09:00:00+01:00"
        self.service = "scheduler"
        self.seen: dict[str, Any] = {}

    async def send(self, who: SignIn, service: str, name: str, /, **body: Any) -> Answer | Refusal:
        """Send it; to another service when all that came of the commands before has been applied there."""
        if service != self.service:
            await settle(self.client.acting(AUDITOR))
            self.service = service
        return await self.client.acting(who).command(service, name, body, now=self.now)

    async def do(self, who: SignIn, service: str, name: str, /, **body: Any) -> Answer:
        answer = await self.send(who, service, name, **body)
        assert isinstance(answer, Answer), (name, body, answer)
        return answer

    async def refused(self, who: SignIn, service: str, name: str, /, **body: Any) -> Error:
        answer = await self.send(who, service, name, **body)
        assert isinstance(answer, Refusal), (name, body, answer)
        return answer.error

    async def day(self, day: str, at: str = "09:00") -> None:
        offset = "+02:00" if "2027-03-28" <= day < "2027-10-31" else "+01:00"
        self.now = f"{day}T{at}:00{offset}"
        await settle(self.client.acting(AUDITOR))
        await self.do(CLOCK, "scheduler", "advance_clock", as_of=self.now)

    async def verdict(self, area: str) -> dict[str, Any]:
        position = await settle(self.client.acting(AUDITOR))
        answer = await self.client.acting(AUDITOR).view(
            "reporting", "compliance", area=area, year=YEAR, at_least=position
        )
        [row] = answer.items
        return row

    async def see(self, name: str, *areas: str) -> None:
        """Keep the areas' verdicts under this name."""
        for area in areas:
            self.seen[f"{name} {area}"] = await self.verdict(area)

    async def register(self) -> None:
        of = {"authority_id": "pp-koeln", **SINCE}
        told = {"name": "Polizei", "kind": "polizeipraesidium", "district": DISTRICT}
        await self.do(IMPORT, "scheduler", "register_authority", **of, **told)
        for area in AREAS:
            await self.do(IMPORT, "scheduler", "assign_area", area=area, **of)
            await self.body(f"stadt-{area.lower()}", "administration", area)
        await self.body(DISTRICT, "district_government", *AREAS)
        for category in MANDATORY_CATEGORIES:
            if category == "customs":
                await self.body(CUSTOMS, category, *AREAS)
            elif category != "administration":
                await self.body(f"{category}-koeln".replace("_", "-"), category, *AREAS)

    async def body(self, body_id: str, category: str, *areas: str) -> None:
        route = {"route": "via", "via": DISTRICT} if category == "school_office" else {}
        told = {"name": body_id, "category": category, "areas": areas, "route": "direct"} | route
        named = {"body_id": body_id, "leadership_function": "Leitung", **SINCE}
        await self.do(IMPORT, "scheduler", "register_body", **told, **named)

    async def schedule(self, area: str, day: str, **fields: Any) -> str:
        offset = "+02:00" if day == SEPTEMBER else "+01:00"
        answer = await self.do(
            SECRETARIAT,
            "scheduler",
            "schedule_conference",
            authority_id="pp-koeln",
            kind="siko",
            areas=[area],
            starts_at=f"{day}T10:00:00{offset}",
            place="Rathaus",
            override_reason="Ein anderer Tag war nicht zu finden.",
            **fields,
        )
        return str(answer.id)

    async def check(self, conference_id: str, **fields: Any) -> Answer:
        of = {"conference_id": conference_id, **fields}
        return await self.do(SECRETARIAT, "invitations", "check_coverage", **of)

    async def release(self, conference_id: str, **fields: Any) -> Answer:
        return await self.do(
            CONVENOR,
            "invitations",
            "release_invitations",
            conference_id=conference_id,
            **fields,
        )

    async def not_released(self, conference_id: str, **fields: Any) -> Error:
        return await self.refused(
            fields.pop("who", CONVENOR),
            "invitations",
            "release_invitations",
            conference_id=conference_id,
            **fields,
        )

    async def invite(self, area: str, day: str) -> str:
        conference_id = await self.schedule(area, day)
        await self.check(conference_id)
        await self.release(conference_id)
        return conference_id

    async def open(self, conference_id: str, **fields: Any) -> None:
        await self.do(
            CONVENOR, "scheduler", "open_conference", conference_id=conference_id, **fields
        )

    async def held(self, conference_id: str, day: str) -> None:
        offset = "+02:00" if day == SEPTEMBER else "+01:00"
        await self.do(
            SECRETARIAT,
            "scheduler",
            "record_held",
            conference_id=conference_id,
            started_at=f"{day}T10:00:00{offset}",
            ended_at=f"{day}T12:00:00{offset}",
        )

    async def spring(self) -> None:
        """Invitations: for September in time, in November with somebody missing."""
        self.seen[NEVER_OPENED] = await self.invite(NEVER_OPENED, SEPTEMBER)
        self.seen[NOT_ENTERED] = await self.invite(NOT_ENTERED, SEPTEMBER)
        await self.without_administration()
        await self.customs_leave(WITHDRAWN, CONVENOR, "withdraw_invitation")
        await self.customs_leave(REMOVED, SECRETARIAT, "remove_body")

    async def without_administration(self) -> None:
        area, city = WITHOUT_ADMINISTRATION, f"stadt-{WITHOUT_ADMINISTRATION.lower()}"
        conference_id = await self.schedule(area, NOVEMBER)
        of = {"conference_id": conference_id, "body_id": city, "reason": "Versehen"}
        await self.do(SECRETARIAT, "invitations", "remove_body", **of)
        self.seen["checked"] = await self.check(conference_id)
        everything = {"accepted_gaps": [{"reason": "x"}]}
        self.seen["everything at once"] = await self.not_released(conference_id, **everything)
        other = {"area": area, "category": "customs", "reason": "nicht besetzt"}
        self.seen["another gap"] = await self.not_released(conference_id, accepted_gaps=[other])
        gap = {"area": area, "body_id": city, "reason": "verhindert"}
        self.seen["released"] = await self.release(conference_id, accepted_gaps=[gap])
        await self.see("released", area)

    async def customs_leave(self, area: str, who: SignIn, how: str) -> None:
        conference_id = await self.invite(area, NOVEMBER)
        self.seen[area] = conference_id
        of = {"conference_id": conference_id, "body_id": CUSTOMS, "reason": "Versehen"}
        await self.do(who, "invitations", how, **of)
        self.seen[f"unchecked {area}"] = await self.not_released(conference_id)
        await self.check(conference_id)
        self.seen[f"not accepted {area}"] = await self.not_released(conference_id)
        gap = {"area": area, "body_id": CUSTOMS, "reason": "verhindert"}
        await self.release(conference_id, accepted_gaps=[gap])

    async def autumn(self) -> None:
        await self.day(SEPTEMBER, "13:00")
        await self.open(self.seen[NOT_ENTERED])
        await self.see("on the day", NEVER_OPENED, NOT_ENTERED)
        await self.day("2027-09-11")
        await self.see("the day after", NEVER_OPENED, NOT_ENTERED)
        await self.day("2027-10-01")
        await self.see("after the threshold", NEVER_OPENED)
        await self.held(self.seen[NOT_ENTERED], SEPTEMBER)
        await self.see("entered", NOT_ENTERED)
        await self.day(NOVEMBER, "13:00")
        for area in (WITHDRAWN, REMOVED):
            await self.open(self.seen[area])
            await self.held(self.seen[area], NOVEMBER)
        await self.see("held", WITHDRAWN, REMOVED)

    async def afterwards(self) -> None:
        """On 3 January of the next year: what was held in November is entered."""
        await self.day("2028-01-03")
        await self.see("before", INVITED_AFTERWARDS, INVITED_BY_LETTER)
        in_september = {"effective_at": "2027-09-01T09:00:00+02:00"}
        by_letter = in_september | {"evidence": "Schreiben vom 1. September 2027"}
        for area, release in ((INVITED_AFTERWARDS, {}), (INVITED_BY_LETTER, by_letter)):
            conference_id = await self.schedule(area, NOVEMBER, **in_september)
            await self.check(conference_id, **in_september)
            if release:
                self.seen["no evidence"] = await self.not_released(conference_id, **in_september)
                self.seen["no convenor"] = await self.not_released(
                    conference_id, who=SECRETARIAT, **release
                )
            await self.release(conference_id, **release)
            await self.open(conference_id)
            await self.held(conference_id, NOVEMBER)
        await self.see("entered", INVITED_AFTERWARDS, INVITED_BY_LETTER)


def play(system: Any) -> dict[str, Any]:
    """Play the year on a deployed system without anything in it; return what was seen."""

    async def played(client: Client) -> dict[str, Any]:
        case = Case(client)
        await case.register()
        await case.day("2027-01-04")
        await case.spring()
        await case.autumn()
        await case.afterwards()
        return case.seen

    seen: dict[str, Any] = asyncio.run(system.ask(played))
    return seen
