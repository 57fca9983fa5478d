"""Who has signed out stays out: everywhere, after a restart, and where the service was away."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from siko_contracts.messages import AUTHORIZATION, SIGN_OUT, session_of, signout_subject
from siko_core.broker import topology
from siko_core.identity.sign_outs import Signouts
from siko_core.identity.tokens import LOCAL_ISSUER
from siko_core.process.readiness import Readiness
from siko_core.write_service import WriteService

from tests.core.identity.signing import AUDITOR, Key
from tests.core.toy import notes_service
from tests.core.waiting import until

TOKEN_ID = "5f0f3f4e-6a6e-4b43-8e0f-7b0a4b1f2a3c"
SUBJECT = signout_subject(session_of(LOCAL_ISSUER, TOKEN_ID))
MANY = 1000


async def sign_out(client: Client, token: str | None) -> dict[str, Any]:
    headers = {AUTHORIZATION: f"Bearer {token}"} if token else None
    reply = await client.request(SIGN_OUT, b"{}", timeout=10, headers=headers)
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


async def publish_many(client: Client, number: int) -> None:
    """As whoever was at the bus could, before only services could."""
    for each in range(number):
        await client.publish(signout_subject(f"{each:064x}"), b"")
    stored = client.jetstream(timeout=60)
    await until(lambda: _stored(stored, number), 60)


async def _stored(jetstream: JetStreamContext, number: int) -> bool:
    return (await jetstream.stream_info("SIKO_SIGNOUTS")).state.messages >= number


async def test_a_token_that_was_signed_out_is_refused_at_once_and_no_other_is(ask, key, client):
    token, other = key.sign(jti=TOKEN_ID), key.sign()
    assert (await ask("write_note", {}, token))["ok"]
    assert await sign_out(client, token) == {"ok": True}
    answer = await ask("write_note", {}, token)
    assert answer["error"]["code"] == "NotAuthorised"
    assert "signed out" in answer["error"]["message"]
    assert (await ask("write_note", {}, other))["ok"]


async def test_a_sign_out_is_on_the_stream_when_it_is_answered_and_once_only(ask, key, client):
    token = key.sign(jti=TOKEN_ID)
    for _ in range(3):
        await sign_out(client, token)
    state = (await client.jetstream().stream_info("SIKO_SIGNOUTS")).state
    assert (state.messages, state.last_seq) == (1, 1)
    assert (await client.jetstream().get_msg("SIKO_SIGNOUTS", 1)).subject == SUBJECT


async def test_nobody_signs_out_a_token_that_is_not_accepted(ask, key, client):
    """And so nothing is stored for whoever has none."""
    for token in (None, "junk", Key("stranger").sign(jti=TOKEN_ID), key.sign(exp=0)):
        answer = await sign_out(client, token)
        assert answer["error"]["code"] == "NotAuthorised"
    assert (await client.jetstream().stream_info("SIKO_SIGNOUTS")).state.last_seq == 0


async def test_a_sign_out_that_the_stream_does_not_take_is_not_answered_ok(ask, key, client):
    token = key.sign(jti=TOKEN_ID)
    assert (await ask("write_note", {}, token))["ok"]
    await client.jetstream().delete_stream("SIKO_SIGNOUTS")
    answer = await sign_out(client, token)
    assert answer["error"]["code"] == "Unavailable"
    assert answer["error"]["details"] == {"retry_after_s": 1}


async def test_every_token_may_be_signed_out_whatever_its_role(ask, key, client):
    for role in ("partner", "auditor", "operator", "service"):
        token = key.sign({"role": role, "body_id": "stadt-koeln"})
        assert await sign_out(client, token) == {"ok": True}


async def test_a_service_that_was_away_learns_of_it_before_it_answers(
    serve, settings, key, client, tmp_path
):
    for number in range(20):
        await client.jetstream().publish(signout_subject(f"{number:064x}"), b"")
    await client.jetstream().publish(SUBJECT, b"")
    other = f"sqlite:///{tmp_path}/other.db"
    late = await serve(
        notes_service(),
        **settings | {"access_log_url": f"sqlite:///{tmp_path}/a.db", "database_url": other},
    )
    await until(lambda: late.guard.signouts._client)
    with pytest.raises(Exception, match="signed out"):
        await late.guard.verifier.identify({"Authorization": f"Bearer {key.sign(jti=TOKEN_ID)}"})


async def test_however_many_have_signed_out_they_are_read_with_a_few_questions(
    door, client, nats_server, settings
):
    await publish_many(client, MANY)
    late, signouts = await nats.connect(nats_server.url), Signouts()
    reading = asyncio.create_task(signouts.run(late))
    await until(lambda: signouts.is_known)
    reading.cancel()
    assert f"{MANY - 1:064x}" in signouts
    assert late.stats["out_msgs"] < 5
    await late.close()


async def test_what_is_no_sign_out_is_not_kept(client):
    """A stream may hold what somebody wrote there before only services could."""
    for junk in ("abc", "0" * 63, "A" * 64, "ü" * 64):
        await client.jetstream().publish(f"siko.signout.{junk}", b"")
    await client.jetstream().publish(SUBJECT, b"")
    signouts = Signouts()
    reading = asyncio.create_task(signouts.run(client))
    await until(lambda: signouts.is_known)
    reading.cancel()
    assert len(signouts) == 1


async def test_a_service_is_not_ready_before_it_knows_who_has_signed_out(notes, client):
    assert await ready(notes, client) == {}
    await client.jetstream().delete_stream("SIKO_SIGNOUTS")
    notes.guard.signouts._connections -= 1  # as after a lost connection
    assert "signouts" in await ready(notes, client)
    await topology.apply(client)
    await until(lambda: notes.guard.signouts.is_known)
    assert await ready(notes, client) == {}


async def ready(service: WriteService, client: Client) -> dict[str, str]:
    """What fails."""
    readiness = Readiness(service)
    readiness.client = client
    return await readiness.failing()


async def test_while_it_is_not_known_who_has_signed_out_nobody_is_let_in(
    ask, key, client, notes, nats_server
):
    """After a lost connection the stream is read again before a token counts."""
    token = key.sign(jti=TOKEN_ID)
    assert (await ask("write_note", {}, token))["ok"]
    await client.jetstream().delete_stream("SIKO_SIGNOUTS")
    notes.guard.signouts._connections -= 1  # as after a lost connection
    answer = await ask("write_note", {}, token)
    assert answer["error"]["code"] == "Unavailable"
    assert answer["error"]["details"] == {"retry_after_s": 1}


async def test_after_the_broker_was_away_the_next_look_tells_who_has_signed_out(
    ask, key, client, notes, nats_server
):
    token = key.sign(jti=TOKEN_ID)
    assert (await ask("write_note", {}, token))["ok"]
    nats_server.restart()

    async def published() -> bool:
        with suppress(NatsError, TimeoutError):
            return bool(await client.jetstream(timeout=1).publish(SUBJECT, b""))
        return False

    await until(published)
    deadline = time.monotonic() + 15
    while True:
        answer = await ask("write_note", {}, token)
        assert answer["ok"] is False
        if answer["error"]["code"] == "NotAuthorised":
            break
        assert answer["error"]["code"] == "Unavailable"
        assert time.monotonic() < deadline


async def test_nobody_can_take_a_sign_out_back(ask, key, client):
    """A service's leaked credential can sign out, never in."""
    token = key.sign(AUDITOR, jti=TOKEN_ID)
    acknowledged = await client.jetstream().publish(SUBJECT, b"")
    with pytest.raises(Exception, match="delete not permitted"):
        await client.jetstream().delete_msg("SIKO_SIGNOUTS", acknowledged.seq)
    with pytest.raises(Exception, match="purge not permitted"):
        await client.jetstream().purge_stream("SIKO_SIGNOUTS")
    await client.jetstream().publish(SUBJECT, b"signed in again", headers={"KV-Operation": "DEL"})
    assert (await ask("log", {}, token))["error"]["code"] == "NotAuthorised"
