"""What a running system answers about moments of its past, and what an auditor's own fold says of them."""

import asyncio
import importlib.util
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from siko.client import Client, connect
from siko.roles import AUDITOR
from siko_reporting.views import VIEWS

FOLD = Path(__file__).parents[2] / "docs" / "examples" / "auditors_fold.py"
COMPARED = (
    "authority_id",
    "area",
    "year",
    "kind",
    "verdict",
    "evidence",
    "recorded_late",
    "days_since_last",
)
"""What the auditor's fold says of an obligation."""
EVERYTHING = 10_000
AT_ONCE = 4

Rows = list[dict[str, Any]]


def ask(system: Any, question: Callable[[Client], Awaitable[Any]]) -> Any:
    """Ask a system of `siko up`."""

    async def asked() -> Any:
        async with connect(system.run["nats_url"], 30, system.folder) as client:
            return await question(client)

    return asyncio.run(asked())


def moments(log: Sequence[dict[str, Any]], seed: int, count: int = 50) -> list[str]:
    """Random moments of the manual clock, as the log tells it: half of any time, half within hours after a record."""
    draw = random.Random(seed)
    recorded = sorted({datetime.fromisoformat(item["recorded_at"]) for item in log})
    recorded = [moment for moment in recorded if moment.year > 2007]
    span = recorded[-1] - recorded[0]
    anywhere = [recorded[0] + draw.random() * span for _ in range(count // 2)]
    behind = [draw.choice(recorded) + draw.random() * timedelta(hours=3) for _ in range(count // 2)]
    return [moment.astimezone(UTC).isoformat() for moment in sorted(anywhere + behind)]


async def all_views(client: Client, about: Sequence[str], seed: int) -> list[dict[str, Rows]]:
    """What every view answers as of each moment; those of one conference about one drawn for that moment."""
    client, draw = client.acting(AUDITOR), random.Random(seed)
    now = await client.view("reporting", "conferences", limit=EVERYTHING)
    conference_ids = [item["conference_id"] for item in now.items]
    gate = asyncio.Semaphore(AT_ONCE)

    async def answer(name: str, moment: str, conference_id: str) -> Rows:
        keyed = VIEWS[name].KEYED_BY
        question = {keyed: conference_id} if keyed else {}
        if name != "conference":
            question["limit"] = EVERYTHING
        async with gate:
            found = await client.query("reporting", name, question | {"as_of": moment})
        return found.items if found.ok else [found.error.model_dump()]

    drawn = [(moment, draw.choice(conference_ids)) for moment in about]
    answers = await asyncio.gather(*(answer(name, *of) for of in drawn for name in VIEWS))
    return [
        dict(zip(VIEWS, answers[number : number + len(VIEWS)], strict=True))
        for number in range(0, len(answers), len(VIEWS))
    ]


async def compliance_at(client: Client, about: Sequence[str | None]) -> list[Rows]:
    """The verdicts as of each moment; None: now."""
    answers = []
    for moment in about:
        as_of = {"as_of": moment} if moment else {}
        view = await client.acting(AUDITOR).view(
            "reporting", "compliance", limit=EVERYTHING, **as_of
        )
        answers.append(compared(view.items))
    return answers


def compared(rows: Rows) -> Rows:
    """The part of the rows that the fold knows of, in one order."""
    picked = [{name: row[name] for name in COMPARED} for row in rows]
    return sorted(picked, key=lambda row: [str(row[name]) for name in COMPARED])


def auditors_fold() -> Any:
    """The function of the documented script."""
    spec = importlib.util.spec_from_file_location("auditors_fold", FOLD)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.compliance
