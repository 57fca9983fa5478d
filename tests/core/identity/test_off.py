"""With `SIKO_AUTH=off` every answer says so; and no answer carries back what the request's headers held."""

import json

import pytest

from tests.core.toy import notes_service

SECRET = "Erika-Mustermann-0815"


@pytest.fixture
async def unjudged(serve):
    await serve(notes_service(), auth="off")


async def test_every_answer_says_that_no_roles_are_judged_and_nothing_of_the_request(
    unjudged, client
):
    headers = {"Siko-Actor": "auditor@nrw", "Authorization": "Bearer secret", "traceparent": "x"}
    for subject in ("siko.command.scheduler.write_note", "siko.query.scheduler.log"):
        for body in (b"{}", b"nonsense"):
            reply = await client.request(subject, body, timeout=5, headers=headers)
            assert reply.headers == {"Siko-Auth": "off"}
            assert "secret" not in reply.data.decode()


async def test_there_is_no_access_log_where_nobody_is_known(unjudged, client):
    reply = await client.request("siko.query.scheduler.access_log", b"{}", timeout=5)
    assert json.loads(reply.data)["error"]["code"] == "NotFound"


async def test_the_header_says_who_acts(unjudged, client):
    headers = {"Siko-Actor": "minute_taker@pp-koeln"}
    await client.request("siko.command.scheduler.write_note", b'{"id": "a"}', headers=headers)
    reply = await client.request("siko.query.scheduler.history", b'{"aggregate_id": "a"}')
    (item,) = json.loads(reply.data)["items"]
    assert item["actor"] == {"function": "minute_taker", "body_id": "pp-koeln"}


@pytest.mark.parametrize("actor", [SECRET, "@", "%ff@pp-koeln", "x" * 300 + "@pp-koeln"])
async def test_an_invalid_actor_is_named_and_never_echoed(unjudged, client, actor):
    subject, headers = "siko.command.scheduler.write_note", {"Siko-Actor": actor}
    answer = json.loads((await client.request(subject, b"{}", headers=headers)).data)
    assert answer["error"]["code"] == "InvalidCommand"
    assert "Siko-Actor" in answer["error"]["details"]
    assert SECRET not in json.dumps(answer)
