"""Answer links on a running system: made by the secretariat, used by a program, and a thousand wrong tokens."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from siko.client import connect
from siko.roles import AUDITOR, IMPORT, SignIn
from siko_contracts.answers import LinkIssued, Refusal

from tests.flow.asking import ask_all
from tests.gaps import accepted

SECRETARIAT = SignIn.parse("secretariat@pp-koeln")
CONVENOR = SignIn.parse("convenor@pp-koeln")
PORTAL = SignIn.parse("service:portal")
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
ANSWER = "siko.command.invitations.answer_by_link"


def invite(system) -> str:
    """The city is invited to a conference in half a year and has a link, whose token is returned."""
    starts_at = (datetime.now(UTC) + timedelta(days=180)).isoformat()
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


@pytest.fixture(scope="module")
def invited(up, tmp_path_factory):
    with up(tmp_path_factory.mktemp("links") / "data", "system") as system:
        yield system, invite(system)


def told(answers) -> list[str]:
    return ["ok" if answer["ok"] else answer["error"]["code"] for answer in answers]


def trying(token: str, source: str, who: SignIn = PORTAL, **fields: Any):
    return ANSWER, {"token": token, "source": source, "answer": "accepted"} | fields, who


def test_a_body_answers_by_link_through_a_program_and_nobody_else_may_use_the_token(invited):
    system, token = invited
    others = [SignIn.parse("partner@stadt-koeln"), SECRETARIAT, AUDITOR]
    assert told(ask_all(system, [trying(token, "a", who) for who in others])) == (
        ["NotAuthorised"] * 3
    )
    assert told(ask_all(system, [trying(token, "a", comment="Gern.")])) == ["ok"]
    (row,) = system.json("query", "reporting", "invitations", f"conference_id={CONFERENCE}")[
        "items"
    ]
    assert (row["answer"], row["answer_link"]) == ("ACCEPTED", "issued")


def test_a_thousand_wrong_tokens_of_one_source_find_nothing_and_hinder_nobody_else(invited):
    system, token = invited
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    answers = told(ask_all(system, [trying(wrong, "b")] * 1000))
    assert answers == ["UnknownAnswerLink"] * 10 + ["Unavailable"] * 990
    assert told(ask_all(system, [trying(token, "b"), trying(token, "c")])) == ["Unavailable", "ok"]


def test_tokens_are_in_no_log_no_stream_and_no_line_of_the_access_log(invited):
    system, token = invited
    events = system.replay("invitations")
    assert "answer_link.issued" in {event["topic"] for event in events}
    logs = [file.read_text() for file in (system.folder / "logs").iterdir()]
    lines = system.json("access-log", "--outcome", "UnknownAnswerLink")
    assert lines
    for text in (*logs, json.dumps(lines)):
        assert token not in text
        assert token[:-1] not in text
    assert token not in json.dumps(events)
