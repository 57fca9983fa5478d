"""Command ids: who uses another's beforehand suppresses nothing; who uses one again for something else is told so."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from siko.import_nrw.dispatch import command_id
from siko.output import Failure
from siko.roles import AUDITOR, IMPORT, SignIn
from siko_contracts.commands.scheduler import RegisterBody

from tests.attack.squatting import (
    COURT,
    COURTS_COMMAND_ID,
    NOW,
    PARTNER,
    REPEATED,
    SECRETARIAT,
    TOPIC,
    body,
)

PLAN = {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"]}


def send(system: Any, by: SignIn, what: str, of: Mapping[str, Any], id: str) -> Any:  # noqa: A002
    async def one(client: Any) -> Any:
        service, name = what.split(".")
        return await client.acting(by).command(service, name, of, command_id=id, now=NOW)

    return asyncio.run(system.ask(one))


def registered(system: Any, body_id: str) -> bool:
    async def read(client: Any) -> Any:
        return await client.acting(AUDITOR).view("scheduler", "register", body_id=body_id)

    try:
        return bool(asyncio.run(system.ask(read)).items)
    except Failure as failure:
        if failure.code != "NotFound":
            raise
        return False


def test_what_the_import_will_send_cannot_be_suppressed(squatted):
    new = body("lg-bonn", "Bonn", "ordinary_court")
    foreseen = command_id(RegisterBody.model_validate(new))
    assert send(squatted, SECRETARIAT, "scheduler.plan_conference", PLAN, foreseen).ok
    first = send(squatted, IMPORT, "scheduler.register_body", new, foreseen)
    assert (first.ok, first.id) == (True, "lg-bonn")
    assert registered(squatted, "lg-bonn")
    assert send(squatted, IMPORT, "scheduler.register_body", new, foreseen) == first


def test_what_was_suppressed_at_an_earlier_version_is_done_now(squatted):
    assert not registered(squatted, COURT["body_id"])
    told = send(squatted, IMPORT, "scheduler.register_body", COURT, COURTS_COMMAND_ID)
    assert (told.ok, told.id) == (True, COURT["body_id"])
    assert registered(squatted, COURT["body_id"])


def test_what_an_earlier_version_answered_is_answered_the_same_and_only_to_its_asker(squatted):
    accept = {"topic_id": TOPIC}
    again = send(squatted, SECRETARIAT, "agenda.accept_topic", accept, REPEATED)
    assert (again.ok, again.id, again.version, again.position) == (True, TOPIC, 2, 16)
    convenor = SignIn.parse("secretariat:vertretung@pp-koeln")
    told = send(squatted, convenor, "agenda.accept_topic", accept, REPEATED)
    assert told.error.code == "WrongState"


def test_who_uses_an_id_again_for_something_else_is_told_so(squatted):
    used = str(uuid4())
    first = send(squatted, SECRETARIAT, "scheduler.plan_conference", PLAN, used)
    for what, of in (
        ("scheduler.plan_conference", PLAN | {"month": "2026-09"}),
        ("scheduler.plan_year", {"authority_id": "pp-koeln", "year": 2026}),
    ):
        told = send(squatted, SECRETARIAT, what, of, used)
        assert told.error.code == "CommandIdTaken", told
        assert list(told.error.details) == ["Siko-Command-Id"]
    assert send(squatted, SECRETARIAT, "scheduler.plan_conference", PLAN, used) == first


def test_an_id_is_anothers_at_another_service(squatted):
    used = str(uuid4())
    assert send(squatted, SECRETARIAT, "scheduler.plan_conference", PLAN, used).ok
    contact = {"body_id": "stadt-koeln", "email": "poststelle@stadt-koeln.example.org"}
    assert send(squatted, SECRETARIAT, "invitations.set_contact", contact, used).ok
    assert send(squatted, PARTNER, "invitations.set_contact", contact, used).ok
