"""A guest: whoever reaches the broker without a login and without a token."""

import asyncio

import nats


def test_a_guest_is_let_in_and_learns_nothing(attacked):
    async def ask():
        client = await nats.connect(attacked.nats_url)
        try:
            return (await client.request("siko.query.reporting.compliance", b"{}", 5)).data
        finally:
            await client.close()

    assert b"NotAuthorised" in asyncio.run(ask())
