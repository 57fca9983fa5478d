"""The services started one by one, as an operator would: on PostgreSQL, and with one of them away."""

import asyncio

import pytest
from siko.quiescence import settle

from tests.deployment import SERVICES, databases, deployed, files


def test_the_demo_gives_the_same_verdicts_on_postgresql(postgres_server, tmp_path, played):
    with deployed(tmp_path, databases(postgres_server, "siko")) as deployment:
        assert deployment.demo() == played.compliance


COMMANDS = {
    "scheduler": ("register_authority", lambda n: {
        "authority_id": f"lr-test-{n}", "name": "Landrat Test", "kind": "landrat",
        "district": "br-koeln", "valid_from": "2007-01-01",
    }),
    "invitations": ("set_contact", lambda n: {"body_id": "ag-koeln", "email": f"poststelle{n}@ag-koeln.example.org"}),
}  # fmt: skip


@pytest.mark.parametrize("away", SERVICES)
def test_with_one_service_away_the_others_take_commands_and_it_catches_up_when_it_returns(
    away, tmp_path
):
    urls = files(tmp_path)

    async def seed(client):
        for name, body in (
            COMMANDS["scheduler"][0], COMMANDS["scheduler"][1](0)
        ), ("assign_area", {"authority_id": "lr-test-0", "area": "Köln", "valid_from": "2007-01-01"}), (
            "register_body", {"body_id": "ag-koeln", "name": "Amtsgericht Köln", "category": "ordinary_court",
             "areas": ["Köln"], "route": "direct", "leadership_function": "Leitung", "valid_from": "2007-01-01"},
        ):  # fmt: skip
            assert (await client.command("scheduler", name, body)).ok
        await settle(client)

    async def work(client):
        for service in ("scheduler", "invitations"):
            if service != away:
                name, body = COMMANDS[service]
                for n in range(1, 6):
                    assert (await client.command(service, name, body(n))).ok

    with deployed(tmp_path, urls) as deployment:
        asyncio.run(deployment.ask(seed))
        assert deployment.stop(away) == 0
        asyncio.run(deployment.ask(work))
        deployment.start(away)
        deployment.wait_until_ready(away)
        asyncio.run(deployment.ask(settle))
