"""Every role, every command and query, on what is its own, another's and nobody's: on a running system, no cell missing."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, get_args

import nats
import pytest
from siko.demo.joint_conference import joint
from siko.demo.other_conferences import cancelled
from siko.demo.steps import AUTHORITY
from siko.issuer import Issuer
from siko.roles import SignIn
from siko_contracts import queries
from siko_contracts.access import AT_AN_AUTHORITY, Role
from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.commands.agenda import ProposeAction, SubmitTopic
from siko_contracts.commands.invitations import ImportReply
from siko_contracts.examples import example
from siko_contracts.queries import QUERIES
from siko_contracts.queries.operations import Positions

from tests.contracts.rights import COMMAND_ACCESS
from tests.flow.asking import Asker, ask_all, row_of, served

ROLES: tuple[Role, ...] = get_args(Role)
SCRIPT = joint(2025)
COMMANDED = [step.command for step in SCRIPT.steps]
TOPIC = next(c for c in COMMANDED if isinstance(c, SubmitTopic) and c.body_id != AUTHORITY)
HELD = next(command for command in COMMANDED if isinstance(command, ImportReply))
ACTION = next(command for command in COMMANDED if isinstance(command, ProposeAction))
THERE: dict[str, Any] = {
    "authority_id": AUTHORITY,
    "conference_id": SCRIPT.conference_id,
    "like": SCRIPT.conference_id,
    "topic_id": TOPIC.id,
    "action_id": ACTION.id,
    "reply_id": HELD.id,
    "area": "Köln",
    "areas": ["Köln"],
    "motorway_authority_ids": [AUTHORITY],
    "body_id": "stadt-koeln",
    "into_body_id": "stadt-leverkusen",
    "cancelled": cancelled(2025).conference_id,
}
"""What the demo made at the authority: own to its roles, another's to all others."""
NOWHERE = dict.fromkeys(THERE, "00000000-0000-4000-8000-000000000000") | {
    "area": "Nirgendwo",
    "areas": ["Nirgendwo"],
    "motorway_authority_ids": ["pp-nirgendwo"],
}
OTHER_AUTHORITY, OTHER_BODY = "pp-aachen", "stadt-aachen"
BODIES = {
    "withdraw_topic": TOPIC.body_id,
    "confirm_forwarding": "br-koeln",
    "forwarding": "br-koeln",
    "texts": "lg-koeln",  # it has commented on its answer
}
"""Which body the thing concerns, where it is not the invited public prosecutor."""
FORWARDED = "schulamt-koeln"
"""By the district government."""
OF_EVERY_SERVICE = OPERATIONS | queries.OPERATIONS
FOR_LACK_OF_RIGHTS = {"NotAuthorised", "NotFound"}
NEVER = 1_000_000
"""No aggregate has this version: what may be done is decided, and changes nothing."""


def test_what_is_served_is_what_the_table_knows_and_what_the_contracts_list(played):
    subjects = served(played.system)
    for subject in subjects:
        assert row_of(subject).roles, subject
    listed = {
        f"siko.command.{service}.{name}" for service in COMMANDS for name in COMMANDS[service]
    }
    listed |= {f"siko.query.{service}.{name}" for service in QUERIES for name in QUERIES[service]}
    assert listed <= set(subjects)
    assert len(subjects) >= 42 + 10


def body_of(subject: str, things: dict[str, Any], partner: str | None) -> dict[str, Any]:
    """A valid command about these things that could never be carried out."""
    _, kind, service, name = subject.split(".")
    if kind == "query":
        of = {"invitations": "list:", "agenda": "agenda:"}.get(service, "")
        model = QUERIES[service].get(name, Positions)
        about = {"aggregate_id": of + things["conference_id"], "ruleset": "nrw-2024.1", **things}
        about |= {"from": "2026-05-04", "to": "2026-05-08"}
        about |= {"ids": [things["conference_id"], things["cancelled"]]}
        needed = [i.alias or n for n, i in model.model_fields.items() if i.is_required()]
        return {field: (example(model) | about)[field] for field in needed}
    if name in OF_EVERY_SERVICE:
        return {"aggregate_id": "nothing-of-it-is-parked", "reason": "Probe"}
    body = example(COMMANDS[service][name]) | {"expected_version": NEVER}
    for field in ("id", "effective_at", "evidence"):
        body.pop(field, None)
    row = row_of(subject)
    body |= {field: things[field] for field in row.names}
    body |= dict.fromkeys(row.open_to_partner, FORWARDED)
    if partner and row.body:
        body[row.body] = partner
    return body


def held(role: Role, authority: str, body: str) -> SignIn:
    held_for = authority if role in AT_AN_AUTHORITY else body if role == "partner" else "nrw"
    return SignIn(role, held_for, role)


def asked(system, kind: str) -> Iterator[tuple[str, Role, Any, Any, Any]]:
    """Subject and role with the answers about what is the asker's own, another's and nobody's: no cell is missing."""
    subjects = [s for s in served(system) if s.startswith(f"siko.{kind}.")]
    cells = [(subject, role) for subject in subjects for role in ROLES]
    questions = []
    for subject, role in cells:
        own_body = BODIES.get(subject.rpartition(".")[2], "sta-koeln")
        own = held(role, AUTHORITY, own_body)
        other = held(role, OTHER_AUTHORITY, OTHER_BODY)
        for who, things in ((own, THERE), (other, THERE), (other, NOWHERE)):
            partner = who.held_for if role == "partner" else None
            questions.append((subject, body_of(subject, things, partner), who))
    answers = iter(ask_all(system, questions))
    for cell, *three in zip(cells, answers, answers, answers, strict=True):
        yield *cell, *three


def test_every_role_every_command_own_anothers_and_nobodys(played):
    """Who has no right learns nothing: the answer is the same for what is there and what is not."""
    for subject, role, own, anothers, nobodys in asked(played.system, "command"):
        row = row_of(subject)
        cell = f"{role} {subject}: {own}, {anothers}, {nobodys}"
        if role not in row.roles:
            assert own["error"]["code"] == "NotAuthorised", cell
            assert own == anothers == nobodys, cell
            continue
        assert not own["ok"], cell  # a version that nothing has
        assert own["error"]["code"] != "NotAuthorised", cell
        if role in row.free or not (row.names or row.body):
            assert anothers["error"]["code"] != "NotAuthorised", cell
            continue
        if row.names:
            assert own["error"].get("message") != "you have nothing with this id", cell
            assert anothers == nobodys, cell
            assert anothers["error"]["code"] in FOR_LACK_OF_RIGHTS, cell


def test_a_partner_acts_for_no_other_body(played):
    commands = [
        (f"siko.command.{service}.{name}", access)
        for service, rows in COMMAND_ACCESS.items()
        for name, access in rows.items()
        if access.body
    ]
    invited = SignIn("partner", "sta-koeln", "leadership")
    questions = [(subject, body_of(subject, THERE, "ag-koeln"), invited) for subject, _ in commands]
    for (subject, access), answer in zip(commands, ask_all(played.system, questions), strict=True):
        assert answer["error"]["code"] == "NotAuthorised", subject
        assert answer["error"]["details"] == {"field": access.body}


def test_every_role_every_query_own_anothers_and_nobodys(played):
    for subject, role, own, anothers, nobodys in asked(played.system, "query"):
        row = row_of(subject)
        cell = f"{role} {subject}"
        if role not in row.roles:
            assert own["error"]["code"] == "NotAuthorised", cell
            assert own == anothers == nobodys, cell
        elif role in row.free:
            assert own["ok"], cell
        else:
            assert own["ok"], cell
            assert own["items"], f"{cell}: the demo has nothing for it"
            ours = {SCRIPT.conference_id, AUTHORITY}
            assert not [i for i in anothers["items"] if ours & {*_ids(i)}], cell
            assert anothers["items"] == nobodys["items"], cell


def _ids(item: Any) -> list[str]:
    if isinstance(item, dict):
        return [each for value in item.values() for each in _ids(value)]
    if isinstance(item, list):
        return [each for value in item for each in _ids(value)]
    return [item] if isinstance(item, str) else []


def test_who_does_not_say_who_he_is_gets_nothing_at_all(played):
    questions = [(subject, {}, None) for subject in served(played.system)]
    answers = ask_all(played.system, questions)
    assert {json.dumps(answer, sort_keys=True) for answer in answers} == {
        json.dumps(answers[0], sort_keys=True)
    }
    assert answers[0]["error"]["code"] == "NotAuthorised"


def test_a_token_of_a_megabyte_is_refused_and_the_service_goes_on(played):
    class Long(Issuer):
        def token(self, sign_in: SignIn) -> str:
            return "x" * 1_200_000

    async def both() -> tuple[Any, Any]:
        connection = await nats.connect(played.system.run["nats_url"])
        auditor = held("auditor", "", "")
        subject = "siko.query.scheduler.positions"
        try:
            long = await Asker(connection, Long(played.system.folder)).ask(subject, {}, auditor)
            good = await Asker(connection, Issuer(played.system.folder)).ask(subject, {}, auditor)
        finally:
            await connection.close()
        return long, good

    long, good = asyncio.run(both())
    assert long["error"]["code"] == "NotAuthorised"
    assert good["ok"]


@pytest.mark.parametrize("role", ROLES)
def test_only_secretariat_and_minute_taker_enter_what_happened_before(played, role):
    subject = "siko.command.agenda.consent_to_action"
    who = held(role, AUTHORITY, "sta-koeln")
    body = body_of(subject, THERE, "sta-koeln") | {"effective_at": "2025-03-13T10:00:00+01:00"}
    [answer] = ask_all(played.system, [(subject, body, who)])
    code = answer["error"]["code"]
    if role in {"secretariat", "minute_taker"}:
        assert code == "AlreadyDone"
    else:
        assert code == "NotAuthorised"


def test_the_actor_of_every_event_is_who_the_token_names(played):
    log = played.system.replay("agenda")
    actors = {(e["actor"]["function"], e["actor"]["body_id"]) for e in log}
    assert ("leadership", TOPIC.body_id) in actors
    assert ("secretariat", AUTHORITY) in actors
    assert {function for function, _ in actors} == {"leadership", "secretariat", "service agenda"}
    register = [
        e for e in played.system.replay("scheduler") if e["topic"] == "authority.registered"
    ]
    assert {e["actor"]["function"] for e in register} == {"import"}


def test_every_read_and_every_refusal_is_in_the_access_log(played):
    ministry = SignIn("ministry", "nrw", "ministry")
    conference = {"conference_id": SCRIPT.conference_id}
    ask_all(
        played.system,
        [
            ("siko.query.reporting.conference", conference, ministry),
            ("siko.query.reporting.compliance", {"year": 2025}, ministry),
            ("siko.query.reporting.conference", conference, held("auditor", "", "")),
        ],
    )
    items = played.system.json("access-log", "--service", "reporting", "--for", "nrw")["items"]
    seen = [(i["role"], i["asked"], i["outcome"], i["basis"]) for i in items]
    assert ("auditor", "query reporting.conference", "given", "all") in seen
    assert ("ministry", "query reporting.conference", "NotAuthorised", "") in seen
    assert any(SCRIPT.conference_id in i["about"] for i in items)
