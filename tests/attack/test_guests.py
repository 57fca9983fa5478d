"""A guest: whoever reaches the broker without a login and without a token."""

import asyncio
import json

import nats
from siko.issuer import Issuer
from siko.roles import SignIn


def test_a_guest_is_let_in_and_learns_nothing(attacked):
    async def ask():
        client = await nats.connect(attacked.nats_url)
        try:
            return (await client.request("siko.query.reporting.compliance", b"{}", 5)).data
        finally:
            await client.close()

    assert b"NotAuthorised" in asyncio.run(ask())


def test_a_guest_with_a_token_is_answered_as_whoever_has_a_login_until_it_signs_out(attacked):
    token = Issuer(attacked.folder).token(SignIn.parse("ministry"))

    async def ask(*subjects):
        client = await nats.connect(attacked.nats_url)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            replies = [await client.request(each, b"{}", 5, headers=headers) for each in subjects]
            return [json.loads(reply.data) for reply in replies]
        finally:
            await client.close()

    compliance = "siko.query.reporting.compliance"
    before, signed_out, after = asyncio.run(ask(compliance, "siko.sign_out", compliance))
    assert before["items"]
    assert signed_out == {"ok": True}
    assert after["error"]["code"] == "NotAuthorised"
    assert "signed out" in after["error"]["message"]
