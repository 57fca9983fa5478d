"""One caller's queries that hang or take long: everybody else is served meanwhile."""

import asyncio
import json
import threading
from typing import Any

import pytest
from nats.aio.client import Client
from siko_core.identity.identity import IDENTITY
from siko_core.process.readiness import Readiness
from siko_core.write_service import WriteService

from tests.core.identity.signing import AUDITOR, Key
from tests.core.waiting import until

OF_ONE = 16
"""In flight; as docs/identity.md says."""


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def held(notes: WriteService):
    """The queries of the caller `slow` hang until it is set; how many threads they hold."""
    go_on, holding = threading.Event(), [0]
    positions = notes.log.positions

    def hanging() -> dict[str, int]:
        identity = IDENTITY.get()
        if identity and identity.sub == "slow":
            holding[0] += 1
            go_on.wait(30)
        return positions()

    notes.log.positions = hanging
    yield go_on, holding
    go_on.set()


def flood(client: Client, key: Key, number: int) -> list["asyncio.Task[Any]"]:
    headers = {"Authorization": f"Bearer {key.sign(AUDITOR, sub='slow')}"}
    subject = "siko.query.scheduler.log"
    return [
        asyncio.create_task(client.request(subject, b"{}", timeout=30, headers=headers))
        for _ in range(number)
    ]


async def test_who_asks_for_too_much_is_told_so_and_nobody_else_notices(
    ask, key, client, notes, held
):
    go_on, holding = held
    asked = flood(client, key, OF_ONE + 4)
    await until(lambda: sum(task.done() for task in asked) == 4)
    refused = [json.loads(task.result().data)["error"] for task in asked if task.done()]
    assert {error["code"] for error in refused} == {"Unavailable"}
    assert {error["details"]["retry_after_s"] for error in refused} == {1}

    async with asyncio.timeout(5):
        assert (await ask("log", {}, key.sign(AUDITOR, sub="quick")))["ok"]
        assert (await ask("write_note", {"id": "a"}, key.sign()))["ok"]
        assert (await ask("access_log", {}, key.sign(AUDITOR, sub="quick")))["ok"]
    readiness = Readiness(notes)
    readiness.client = client
    assert await readiness.failing() == {}
    assert (await notes.measuring.measure()).store_answers
    assert holding == [1]

    go_on.set()
    answers = [json.loads((await task).data) for task in asked]
    assert sum(answer["ok"] for answer in answers) == OF_ONE


async def test_however_many_wait_for_a_position_the_store_is_read_once_at_a_time(
    ask, key, notes, monkeypatch
):
    reading, most, positions = [0], [0], notes.progress._read

    def read() -> Any:
        reading[0] += 1
        most[0] = max(most[0], reading[0])
        try:
            return positions()
        finally:
            reading[0] -= 1

    monkeypatch.setattr("siko_core.requests.progress.PATIENCE_SECONDS", 0.3)
    notes.progress._read = read
    waiting = {"at_least": {"scheduler": 99}}
    answers = await asyncio.gather(*(ask("log", waiting, key.sign(AUDITOR)) for _ in range(OF_ONE)))
    assert {answer["error"]["code"] for answer in answers} == {"NotYetKnown"}
    assert most == [1]
