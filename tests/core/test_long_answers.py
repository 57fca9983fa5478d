"""An answer that the broker would not carry."""

import json
from typing import Any

import pytest
from pydantic import BaseModel
from siko_contracts.answers import Error, Refusal
from siko_core.process import process
from siko_core.process.process import broker_for
from siko_core.settings import Settings


class Lengthy(BaseModel):
    length: int


@pytest.fixture
async def answering_at_length(nats_server, door):
    """Answers as many characters as it is asked for."""
    broker = broker_for("toy", Settings(nats_url=nats_server.url))

    async def handle(request: Any) -> Any:
        return Refusal(error=Error(code="X", message="x" * request.length))

    broker.serve("toy.lengthy", queue="toy", model=Lengthy, handle=handle, door=door)
    await broker.start()
    await (await broker.connect()).flush()
    yield
    process.STOPPING.set()
    await broker.stop()
    process.STOPPING.clear()


async def test_an_answer_that_the_broker_would_not_carry_becomes_a_refusal_that_says_so(
    answering_at_length, client
):
    """Without it the client waits, asks again, and waits."""
    most, auditor = client.max_payload, client.bearer("auditor")
    reply = await client.request(
        "toy.lengthy", b'{"length": %d}' % most, timeout=5, headers=auditor
    )
    answer = json.loads(reply.data)
    assert str(most) in answer["error"]["details"]["limit"]
    reply = await client.request(
        "toy.lengthy", b'{"length": %d}' % (most - 1000), timeout=5, headers=auditor
    )
    assert json.loads(reply.data)["error"]["code"] == "X"
