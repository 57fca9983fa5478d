"""With `SIKO_AUTH=off` every answer says so; and no answer carries back what the request's headers held."""

import json

from tests.core.toy import notes_service


async def test_every_answer_says_that_no_roles_are_judged_and_nothing_of_the_request(serve, client):
    await serve(notes_service())
    headers = {"Siko-Actor": "auditor@nrw", "Authorization": "Bearer secret", "traceparent": "x"}
    for subject in ("siko.command.scheduler.write_note", "siko.query.scheduler.log"):
        for body in (b"{}", b"nonsense"):
            reply = await client.request(subject, body, timeout=5, headers=headers)
            assert reply.headers == {"Siko-Auth": "off"}
            assert "secret" not in reply.data.decode()


async def test_there_is_no_access_log_where_nobody_is_known(serve, client):
    await serve(notes_service())
    reply = await client.request("siko.query.scheduler.access_log", b"{}", timeout=5)
    assert json.loads(reply.data)["error"]["code"] == "NotFound"
