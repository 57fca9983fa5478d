"""The client repeats a request until it is answered, and never carries one out twice."""

import asyncio
import time
from typing import Any

import pytest
from siko import client as client_module
from siko.client import connect
from siko.output import Failure
from siko.quiescence import settle
from siko_contracts.answers import Answer, Refusal
from siko_contracts.exit_codes import UNREACHABLE
from siko_contracts.messages import ACTOR, COMMAND_ID, NOW, from_header

CANCEL = "siko.command.scheduler.cancel_conference"
ACCEPTED = {"ok": True, "id": "c1", "version": 2, "position": 17, "findings": []}


def refusal(code: str, **details: Any) -> dict[str, Any]:
    return {"ok": False, "error": {"code": code, "message": "…", "details": details}}


async def test_an_accepted_command_gives_its_answer(nats_url, services):
    await services.answer(CANCEL, lambda _: ACCEPTED)
    async with connect(nats_url) as client:
        answer = await client.command("scheduler", "cancel_conference", {"conference_id": "c1"})
    assert answer == Answer(id="c1", version=2, position=17)


async def test_a_command_carries_who_acts_when_and_its_id(nats_url, services):
    await services.answer(CANCEL, lambda _: ACCEPTED)
    async with connect(nats_url) as client:
        await client.command(
            "scheduler",
            "cancel_conference",
            {},
            actor="Geschäftsstelle Köln@pp-koeln",
            now="2025-01-01T09:00:00+01:00",
            command_id="5dcd3b2c-625e-49f3-a6da-8cbc1158a281",
        )
    headers = services.asked[0].headers
    assert from_header(headers[ACTOR]) == "Geschäftsstelle Köln@pp-koeln"
    assert headers[NOW] == "2025-01-01T09:00:00+01:00"
    assert headers[COMMAND_ID] == "5dcd3b2c-625e-49f3-a6da-8cbc1158a281"


async def test_a_command_without_an_answer_is_repeated_under_the_same_id(
    nats_url, services, monkeypatch
):
    monkeypatch.setattr(client_module, "COMMAND_ATTEMPT_S", 0.05)
    await services.answer(CANCEL, lambda _: ACCEPTED if len(services.asked) == 3 else None)
    async with connect(nats_url) as client:
        await client.command("scheduler", "cancel_conference", {"conference_id": "c1"})
    assert len({message.headers[COMMAND_ID] for message in services.asked}) == 1
    assert len(services.asked) == 3


async def test_a_command_waits_for_a_service_that_is_just_starting(nats_url, services):
    async with connect(nats_url) as client:
        sent = asyncio.create_task(client.command("scheduler", "cancel_conference", {}))
        await asyncio.sleep(0.2)
        assert not sent.done()
        await services.answer(CANCEL, lambda _: ACCEPTED)
        assert isinstance(await sent, Answer)


@pytest.mark.parametrize("code", ["Unavailable", "NotYetKnown"])
async def test_a_refusal_that_may_pass_is_asked_again_when_it_says(nats_url, services, code):
    asked_at: list[float] = []

    def reply(_):
        asked_at.append(time.monotonic())
        return refusal(code, retry_after_s=0.2) if len(asked_at) == 1 else ACCEPTED

    await services.answer(CANCEL, reply)
    async with connect(nats_url) as client:
        assert isinstance(await client.command("scheduler", "cancel_conference", {}), Answer)
    assert asked_at[1] - asked_at[0] >= 0.2


async def test_a_refusal_that_does_not_pass_in_time_is_the_answer(nats_url, services):
    await services.answer(CANCEL, lambda _: refusal("NotYetKnown", retry_after_s=1))
    async with connect(nats_url, deadline_s=0.3) as client:
        answer = await client.command("scheduler", "cancel_conference", {})
    assert isinstance(answer, Refusal)
    assert answer.error.code == "NotYetKnown"


async def test_any_other_refusal_is_the_answer_at_once(nats_url, services):
    await services.answer(CANCEL, lambda _: refusal("NotFound", field="conference_id"))
    async with connect(nats_url) as client:
        answer = await client.command("scheduler", "cancel_conference", {})
    assert isinstance(answer, Refusal)
    assert answer.error.details == {"field": "conference_id"}
    assert len(services.asked) == 1


async def test_nobody_there_ends_with_what_where_and_what_to_try(nats_url):
    with pytest.raises(Failure) as failed:
        async with connect(nats_url, deadline_s=0.2) as client:
            await client.command("scheduler", "cancel_conference", {})
    assert failed.value.exit_code == UNREACHABLE
    for said in (CANCEL, nats_url, "siko up"):
        assert said in failed.value.message


async def test_no_broker_ends_with_what_where_and_what_to_try(monkeypatch):
    monkeypatch.setattr(client_module, "CONNECT_S", 0.5)
    with pytest.raises(Failure) as failed:
        async with connect("nats://127.0.0.1:1"):
            pass
    assert failed.value.exit_code == UNREACHABLE
    assert "nats://127.0.0.1:1" in failed.value.message


async def test_something_else_on_the_subject_is_no_service_of_siko(nats_url, services):
    await services.answer(CANCEL, lambda _: {"hello": "world"})
    async with connect(nats_url) as client:
        with pytest.raises(Failure, match="no service of siko"):
            await client.command("scheduler", "cancel_conference", {})


class System:
    """Positions as the services of a system would tell them."""

    def __init__(self) -> None:
        self.positions = {
            "scheduler": {"scheduler": 9, "invitations": 4, "agenda": 2},
            "invitations": {"invitations": 4, "scheduler": 9},
            "agenda": {"agenda": 2, "scheduler": 9, "invitations": 4},
            "reporting": {"scheduler": 9, "invitations": 4, "agenda": 2},
        }

    async def run(self, services) -> None:
        for service in self.positions:
            await services.answer(f"siko.query.{service}.positions", self._answer)

    def _answer(self, message) -> dict[str, Any]:
        service = message.subject.split(".")[2]
        return {"ok": True, "position": self.positions[service], "items": []}


async def test_a_system_in_which_everybody_has_seen_everything_is_settled(nats_url, services):
    await System().run(services)
    async with connect(nats_url) as client:
        assert await settle(client) == {"scheduler": 9, "invitations": 4, "agenda": 2}


@pytest.mark.parametrize(
    ("follower", "producer"), [("invitations", "scheduler"), ("reporting", "agenda")]
)
async def test_a_system_is_not_settled_while_one_follower_is_behind(
    nats_url, services, follower, producer
):
    system = System()
    seen = system.positions[follower].pop(producer)
    await system.run(services)
    async with connect(nats_url, deadline_s=5) as client:
        settled = asyncio.create_task(settle(client))
        await asyncio.sleep(0.1)
        assert not settled.done()
        system.positions[follower][producer] = seen
        await settled


async def test_a_system_that_never_settles_says_who_is_behind(nats_url, services):
    system = System()
    system.positions["agenda"]["scheduler"] = 3
    await system.run(services)
    async with connect(nats_url, deadline_s=0.2) as client:
        with pytest.raises(Failure, match="agenda has seen 3 of scheduler's 9"):
            await settle(client)
