"""Who has signed out stays out: everywhere, after a restart, and where the service was away."""

import time
from contextlib import suppress

import pytest
from nats.errors import Error as NatsError
from siko_contracts.messages import session_of, signout_subject
from siko_core.tokens import LOCAL_ISSUER

from tests.core.identity.signing import AUDITOR
from tests.core.toy import notes_service
from tests.core.waiting import until

TOKEN_ID = "5f0f3f4e-6a6e-4b43-8e0f-7b0a4b1f2a3c"
SUBJECT = signout_subject(session_of(LOCAL_ISSUER, TOKEN_ID))


async def test_a_token_that_was_signed_out_is_refused_at_once_and_no_other_is(ask, key, client):
    token, other = key.sign(jti=TOKEN_ID), key.sign()
    assert (await ask("write_note", {}, token))["ok"]
    await client.jetstream().publish(SUBJECT, b"")
    answer = await ask("write_note", {}, token)
    assert answer["error"]["code"] == "NotAuthorised"
    assert "signed out" in answer["error"]["message"]
    assert (await ask("write_note", {}, other))["ok"]


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
    """A leaked bus credential can sign out, never in."""
    token = key.sign(AUDITOR, jti=TOKEN_ID)
    acknowledged = await client.jetstream().publish(SUBJECT, b"")
    with pytest.raises(Exception, match="delete not permitted"):
        await client.jetstream().delete_msg("SIKO_SIGNOUTS", acknowledged.seq)
    with pytest.raises(Exception, match="purge not permitted"):
        await client.jetstream().purge_stream("SIKO_SIGNOUTS")
    await client.jetstream().publish(SUBJECT, b"signed in again", headers={"KV-Operation": "DEL"})
    assert (await ask("log", {}, token))["error"]["code"] == "NotAuthorised"
