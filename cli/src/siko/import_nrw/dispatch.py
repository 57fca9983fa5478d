"""Sending of a plan. It is idempotent: command ids are derived from content, so a repeat gets the first answers."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from siko_contracts.answers import Refusal
from siko_contracts.commands import Command
from siko_contracts.exit_codes import REFUSED

from siko.client import Client
from siko.import_nrw.plan import Plan
from siko.output import Failure
from siko.quiescence import last_position

NAMESPACE = UUID("5b0c8a5e-2f0f-5d5c-9a0e-0d2b8f5f6c11")
"""Namespace of the command ids. Never change it: a repeat would import everything again."""

AT_ONCE = 16


@dataclass
class Report:
    """Counts of new, changed and unchanged commands by kind; `different` names those that differ and were left."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)

    def rows(self, plan: Plan) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind,
                "new": self.new.get(kind, 0),
                "changed": self.changed.get(kind, 0),
                "unchanged": self.unchanged.get(kind, 0),
                "not_verified": sum(not getattr(command, "verified", True) for command in commands),
            }
            for kind, commands in plan.kinds().items()
        ]


def command_id(command: Command) -> str:
    """Return an id derived from the content, so that a service recognises a repeat."""
    body = json.dumps(command.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return str(uuid5(NAMESPACE, f"{command.NAME} {body}"))


async def carry_out(client: Client, plan: Plan) -> Report:
    """Send the plan phase by phase. Raises Failure (exit code 1) with all refusals of the first phase that has any."""
    report = Report()
    before = await last_position(client, "scheduler")
    gate = asyncio.Semaphore(AT_ONCE)
    with progress(sum(len(commands) for _, commands in plan.phases()), "import") as advance:

        async def send_command(kind: str, command: Command) -> tuple[str, str] | None:
            async with gate:
                answer = await client.command(
                    "scheduler",
                    command.NAME,
                    command.model_dump(mode="json", exclude_none=True),
                    command_id=command_id(command),
                )
            advance(kind)
            if not isinstance(answer, Refusal):
                count = report.unchanged if (answer.position or 0) <= before else report.new
                count[kind] = count.get(kind, 0) + 1
                return None
            if answer.error.code == "AlreadyDone":
                report.different.append(_name(command))
                return None
            return _name(command), f"{answer.error.code}: {answer.error.message}"

        for kind, commands in plan.phases():
            outcomes = await asyncio.gather(*(send_command(kind, command) for command in commands))
            refusals = dict(outcome for outcome in outcomes if outcome)
            if refusals:
                raise Failure(
                    REFUSED,
                    "ImportRefused",
                    f"{len(refusals)} of {len(commands)} {kind} were refused; what was accepted stays,"
                    " and a repeat goes on from here",
                    refusals,
                )
    return report


def _name(command: Command) -> str:
    for name in ("body_id", "area", "authority_id"):
        if value := getattr(command, name, None):
            return f"{command.NAME} {value}"
    return command.NAME


@contextmanager
def progress(total: int, title: str) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - costs time that a program must not pay
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda kind: bar.update(task, advance=1, description=kind)
