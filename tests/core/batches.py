"""Several decisions in one transaction, as the running writer makes them of what waits."""

from collections.abc import Callable
from typing import Any

from siko_contracts.commands import Command
from siko_core.metadata import Metadata
from siko_core.testing import ACTOR, Desk
from siko_core.writer.job import Job, command_job
from uuid_utils import uuid7

from tests.core.toy import moment

NOW = "2025-01-01T09:00:00+01:00"


def job(
    desk: Desk,
    method: Callable[[Any, Any], Any],
    command: Command,
    command_id: str | None = None,
    *,
    now: str = NOW,
) -> Job:
    metadata = Metadata(
        effective_at=moment(now),
        recorded_at=moment(now),
        actor=ACTOR,
        command_id=command_id or str(uuid7()),
    )
    return command_job(desk.application, method, command, metadata)


def commit(desk: Desk, *jobs: Job) -> list[Any]:
    """The outcomes of jobs that were waiting together."""
    left = list(jobs)
    while left:
        left = list(desk.writer.committer.commit(left))
    return [each.outcome for each in jobs]


def stored(desk: Desk) -> list[tuple[str, int, str]]:
    """Aggregate, version and topic of everything in the store, in its order."""
    notifications = desk.application.recorder.select_notifications(1, 10_000)
    return [(str(n.originator_id), n.originator_version, n.topic) for n in notifications]


def topics(desk: Desk) -> list[str]:
    return [topic for _, _, topic in stored(desk)]
