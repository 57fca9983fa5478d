"""One caller who asks for much at once: it waits itself, and nobody else does."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import nats
from siko.client import Client
from siko.issuer import Issuer
from siko.roles import AUDITOR, SignIn
from siko_contracts.messages import AUTHORIZATION, query_subject

from tests.attack.calling import Caller, called_during, crowding, percentile
from tests.deployment import Deployment

PARALLEL = 40
SECONDS = 4.0
P50_SECONDS, P99_SECONDS = 0.1, 0.5
PARTNER = SignIn.parse("partner:leadership@stadt-koeln")
LOOKING_BACK = {"as_of": "2026-01-01T00:00:00+01:00"}


async def flooded(system: Deployment, subject: str, body: Mapping[str, Any]) -> Counter[str]:
    """So many in flight at any moment, from one partner; how often each answer came."""
    answers: Counter[str] = Counter()
    client = await nats.connect(system.nats_url)
    headers = {AUTHORIZATION: f"Bearer {Issuer(system.folder).token(PARTNER)}"}
    end = time.monotonic() + SECONDS

    async def ask_again_and_again() -> None:
        while time.monotonic() < end:
            reply = await client.request(
                subject, json.dumps(body).encode(), timeout=60, headers=headers
            )
            answer = json.loads(reply.data)
            answers["ok" if answer["ok"] else answer["error"]["code"]] += 1
            if not answer["ok"]:
                await asyncio.sleep(answer["error"]["details"]["retry_after_s"])

    try:
        await asyncio.gather(*(ask_again_and_again() for _ in range(PARALLEL)))
    finally:
        await client.close()
    return answers


async def readiness(system: Deployment, stop: asyncio.Event) -> list[dict[str, str] | None]:
    """What was failing at reporting, time and again."""
    found = []
    while not stop.is_set():
        found.append(await asyncio.to_thread(system.failing, "reporting"))
        await asyncio.sleep(0.1)
    return found


def test_forty_queries_of_one_partner_that_look_back_keep_nobody_waiting(
    attacked: Deployment,
) -> None:
    crowded = crowding()

    async def read(client: Client) -> Any:
        return await client.acting(AUDITOR).query("reporting", "conferences", {"limit": 5})

    async def look(client: Client) -> Any:
        return await client.acting(AUDITOR).query("scheduler", "positions", {})

    callers = {"reporting": Caller(attacked, read), "scheduler": Caller(attacked, look)}
    work: Callable[[], Awaitable[Any]] = lambda: flooded(  # noqa: E731
        attacked, query_subject("reporting", "conferences"), LOOKING_BACK
    )

    async def attack() -> tuple[Counter[str], list[dict[str, str] | None]]:
        stop = asyncio.Event()
        looking = asyncio.create_task(readiness(attacked, stop))
        answers = await called_during(work, *callers.values())
        stop.set()
        return answers, await looking

    answers, failing = asyncio.run(attack())

    assert not any(found != {} for found in failing), failing
    for name, caller in callers.items():
        assert caller.refused == [], name
        assert caller.p99() < P99_SECONDS * crowded, (name, sorted(caller.seconds)[-5:])
        assert percentile(caller.seconds, 0.5) < P50_SECONDS * crowded, name
    assert set(answers) == {"ok", "Unavailable"}
