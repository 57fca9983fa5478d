"""`python -m bench.flooding URL FOLDER`: one auditor who sends the scheduler many concurrent queries as of a past time."""

import asyncio
import json
import sys
from pathlib import Path

import nats
from siko.issuer import Issuer
from siko.roles import AUDITOR
from siko_contracts.messages import AUTHORIZATION, query_subject

PARALLEL = 40
SUBJECT = query_subject("scheduler", "log")
BODY = json.dumps({"as_of": "2100-01-01T00:00:00+01:00", "limit": 1000}).encode()
REFUSED_SECONDS = 0.05
"""Pause before a retry: shorter than `retry_after_s`, as an impolite client would."""


async def main(url: str, folder: Path) -> None:
    """Send queries until the process is ended; print a line after the first answer."""
    client = await nats.connect(url)
    headers = {AUTHORIZATION: f"Bearer {Issuer(folder).token(AUDITOR)}"}

    async def ask() -> bool:
        answer = await client.request(SUBJECT, BODY, timeout=60, headers=headers)
        return bool(json.loads(answer.data)["ok"])

    async def ask_again_and_again() -> None:
        while True:
            if not await ask():
                await asyncio.sleep(REFUSED_SECONDS)

    await ask()
    print("ready", flush=True)
    await asyncio.gather(*(ask_again_and_again() for _ in range(PARALLEL)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
