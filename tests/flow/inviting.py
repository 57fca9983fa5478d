"""A city that is invited to one conference of Cologne, in February of next year, on a running system."""

import asyncio
from datetime import datetime, time
from typing import Any

from siko.client import connect
from siko.demo.steps import second_wednesday
from siko.roles import IMPORT, SignIn
from siko_contracts.answers import LinkIssued, Refusal
from siko_core.calendar import BERLIN

from tests.gaps import accepted

SECRETARIAT = SignIn.parse("secretariat@pp-koeln")
CONVENOR = SignIn.parse("convenor@pp-koeln")
CONFERENCE = "0192f0c4-0000-7000-8000-0000000000aa"
CITY = {"conference_id": CONFERENCE, "body_id": "stadt-koeln"}
SINCE = {"valid_from": "2007-01-01"}
AUTHORITY = {"authority_id": "pp-koeln", **SINCE}
BODY = {
    "body_id": "stadt-koeln",
    "name": "Stadt Köln",
    "category": "administration",
    "areas": ["Köln"],
    "route": "direct",
    "leadership_function": "Leitung",
    **SINCE,
}


def invite(system) -> str:
    """The city is invited to a conference and has a link, whose token is returned."""
    day = second_wednesday(datetime.now(BERLIN).year + 1, 2)
    starts_at = datetime.combine(day, time(10), BERLIN).isoformat()
    placed = {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"], "place": "Rathaus"}
    placed |= {"id": CONFERENCE, "starts_at": starts_at, "override_reason": "Probe"}
    named = {"name": "PP Köln", "kind": "polizeipraesidium", "district": "br-koeln"}
    about = {"conference_id": CONFERENCE}
    steps: list[tuple[SignIn, str, str, dict[str, Any]]] = [
        (IMPORT, "scheduler", "register_authority", AUTHORITY | named),
        (IMPORT, "scheduler", "assign_area", AUTHORITY | {"area": "Köln"}),
        (IMPORT, "scheduler", "register_body", BODY),
        (SECRETARIAT, "scheduler", "schedule_conference", placed),
        (SECRETARIAT, "invitations", "check_coverage", about),
        (
            CONVENOR,
            "invitations",
            "release_invitations",
            about | {"accepted_gaps": accepted("Köln")},
        ),
        (SECRETARIAT, "invitations", "issue_answer_link", CITY),
    ]

    async def work() -> str:
        async with connect(system.run["nats_url"], folder=system.folder) as client:
            for who, service, name, body in steps:
                answer = await client.acting(who).command(service, name, body, answer=LinkIssued)
                assert not isinstance(answer, Refusal), (name, answer)
        assert answer.token is not None
        return answer.token

    return asyncio.run(work())
