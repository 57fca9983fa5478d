"""Answers through real processes: client, NATS, invitations, relay, stream, reporting's follower, view."""

import json
from typing import Any

from siko.roles import IMPORT, SignIn
from siko_contracts.messages import command_subject

from bench.flow import Flow
from bench.invitations import BODIES, CONFERENCES, GAPS, answers
from bench.replica import AUTHORITY
from bench.scheduler import AREA, SCHEDULE, SECRETARIAT

SUBJECT = command_subject("invitations", "respond")
CONVENOR = SignIn.parse(f"convenor@{AUTHORITY}")


class Answers(Flow):
    """A flow in which every body of the register is invited to every conference."""

    services = ("scheduler", "invitations", "reporting")
    producer = "invitations"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._answers = answers()

    async def command(self) -> int:
        """Send one answer; return the position of its event."""
        return await self._ask(SUBJECT, json.dumps(next(self._answers)).encode(), SECRETARIAT)

    async def prepare(self) -> None:
        await self._register()
        for body in BODIES:
            fields = {"body_id": body, "name": body, "category": "customs", "areas": [AREA], "route": "direct",
                      "leadership_function": "Leitung", "valid_from": "2007-01-01"}  # fmt: skip
            await self._ask_patiently("scheduler", "register_body", fields, IMPORT)
        last = 0
        gaps = [gap.model_dump() for gap in GAPS]
        for conference in CONFERENCES:
            named = {"conference_id": conference}
            scheduled = SCHEDULE | {"id": conference}
            await self._ask_patiently("scheduler", "schedule_conference", scheduled, SECRETARIAT)
            await self._ask_patiently("invitations", "check_coverage", named, SECRETARIAT)
            last = await self._ask_patiently(
                "invitations", "release_invitations", {**named, "accepted_gaps": gaps}, CONVENOR
            )
        await self._seen.reached(last)
