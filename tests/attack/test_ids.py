"""Ids that commands bring take nothing that is another's; what they took from an earlier version is given back."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from siko.quiescence import settle
from siko.roles import AUDITOR, OPERATOR, SignIn
from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.answers import Settled
from siko_contracts.commands import COMMANDS
from siko_contracts.examples import example

from tests.attack.squatting import (
    BONN,
    BONN_2027,
    BONNS,
    KOELN,
    NOW,
    PARTNER,
    SECRETARIAT,
    SQUATTED,
    TOPIC,
)
from tests.contracts.rights import COMMAND_ACCESS

COMPOSED = (f"agenda:{BONN}", "known:ag-bonn", "list:x", "clock", "history:agenda", "ag-bonn")
REASON = {"override_reason": "ohne Lagebild"}
CITY = SignIn.parse("partner@stadt-bonn")


def ask(system: Any, *asked: tuple[SignIn, str, Mapping[str, Any]]) -> list[Any]:
    """The answers, one command after the other; what they lead to has arrived everywhere."""

    async def one_by_one(client: Any) -> list[Any]:
        answers = []
        for by, what, body in asked:
            service, name = what.split(".")
            answers.append(await client.acting(by).command(service, name, body, now=NOW))
            await settle(client.acting(AUDITOR))
        return answers

    answers: list[Any] = asyncio.run(system.ask(one_by_one))
    return answers


def view(system: Any, service: str, name: str, **parameters: Any) -> list[Any]:
    async def read(client: Any) -> Any:
        return await client.acting(AUDITOR).view(service, name, **parameters)

    items: list[Any] = asyncio.run(system.ask(read)).items
    return items


def parked(system: Any) -> list[str]:
    """Aggregates, in order."""
    items = view(system, "agenda", "dead_letters", state="parked")
    return list(dict.fromkeys(item["aggregate_id"] for item in items))


@pytest.fixture(scope="session")
def healed(squatted: Any) -> Any:
    """An operator has replayed what an earlier version had to park."""
    assert set(parked(squatted)) == {
        BONN,
        f"list:{BONN}",
        f"invitation:{BONN}:stadt-bonn",
        "stadt-bonn",
    }

    async def replay(client: Any) -> None:
        for aggregate_id in parked_ones:
            answer = await client.acting(OPERATOR).command(
                "agenda", "replay_dead_letters", {"aggregate_id": aggregate_id}, answer=Settled
            )
            assert answer.ok, answer

    parked_ones = parked(squatted)
    asyncio.run(squatted.ask(replay))
    return squatted


def test_no_command_creates_anything_under_an_id_that_is_no_uuid(squatted):
    def giver(service: str, name: str) -> SignIn:
        row = COMMAND_ACCESS[service][name]
        role = (row.free or row.own)[0]
        return SignIn.parse(f"{role}@pp-koeln" if role in AT_AN_AUTHORITY else role)

    async def bring(client: Any) -> None:
        for service, models in COMMANDS.items():
            for name, model in models.items():
                acting = client.acting(giver(service, name))
                for brought in COMPOSED:
                    told = await acting.command(service, name, example(model) | {"id": brought})
                    assert told.error.code == "InvalidCommand", (name, brought, told)
                    assert list(told.error.details) == ["id"]

    asyncio.run(squatted.ask(bring))


def test_a_squatted_conference_has_its_agenda_once_the_dead_letters_are_replayed(healed):
    assert parked(healed) == []
    topic = {
        "conference_id": BONN,
        "body_id": "stadt-bonn",
        "topic_area": "other",
        "title": "Thema",
        "contains_case_data": False,
    }
    (submitted,) = ask(healed, (CITY, "agenda.submit_topic", topic))
    about = {"conference_id": BONN, "topic_id": submitted.id, "number": 1}
    foreign, *own = ask(
        healed,
        (SECRETARIAT, "agenda.accept_topic", {"topic_id": submitted.id}),
        (BONNS, "agenda.accept_topic", {"topic_id": submitted.id}),
        (BONNS, "agenda.place_item", about),
        (BONNS, "agenda.release_agenda", {"conference_id": BONN} | REASON),
    )
    assert foreign.error.code == "NotFound"
    assert all(answer.ok for answer in own), own
    (shown,) = view(healed, "reporting", "conference", conference_id=BONN)
    assert [item["topic_id"] for item in shown["agenda"]] == [submitted.id]


def test_a_squatted_conference_is_not_the_squatters(healed):
    (told,) = ask(healed, (SECRETARIAT, "agenda.release_agenda", {"conference_id": BONN} | REASON))
    assert told.error.code == "NotFound"


def test_what_has_an_odd_id_in_an_old_store_is_named_by_it_still(healed):
    about = {"conference_id": KOELN, "topic_id": TOPIC, "number": 1}
    withdrawals = [(PARTNER, "agenda.withdraw_topic", {"topic_id": each}) for each in SQUATTED]
    answers = ask(healed, (SECRETARIAT, "agenda.place_item", about), *withdrawals)
    assert all(answer.ok for answer in answers), answers
    assert [answer.id for answer in answers] == [f"agenda:{KOELN}", *SQUATTED]


def test_a_years_plan_that_was_foreseen_and_taken_is_planned(squatted):
    """Köln had brought the id that an earlier version would have given to Bonn's plan."""
    plan = {"authority_id": "pp-bonn", "year": 2027}
    (planned,) = ask(squatted, (BONNS, "scheduler.plan_year", plan))
    assert planned.ok
    assert planned.id != BONN_2027
    (again,) = ask(squatted, (BONNS, "scheduler.plan_year", plan))
    assert again.error.code == "AlreadyDone"
    shown = view(squatted, "reporting", "conferences", authority_id="pp-bonn")
    assert {planned.id, BONN} <= {item["conference_id"] for item in shown}


def test_the_id_of_a_years_plan_is_none_that_a_command_brings(squatted):
    plan = {"authority_id": "pp-bonn", "year": 2028}
    (planned,) = ask(squatted, (BONNS, "scheduler.plan_year", plan))
    own = {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"]}
    (told,) = ask(squatted, (SECRETARIAT, "scheduler.plan_conference", own | {"id": planned.id}))
    assert (told.error.code, list(told.error.details)) == ("InvalidCommand", ["id"])
