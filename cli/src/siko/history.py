"""`siko history`: everything that has happened to one thing."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import QueryAnswer

from siko.client import Client, refused, run
from siko.german.cells import shown
from siko.german.facts import fact
from siko.layouts import columns
from siko.output import Failure, Output, say, show, table

OTHERS_S = 1.0
"""Time to wait for the other services once one has answered with a history."""


def history(
    id: str,  # noqa: A002
    as_of: str | None,
    output: Output,
    data: Path | None,
    *,
    wide: bool = False,
) -> int:
    """Show the events of an aggregate in order; if `id` names an event, that one is marked. Returns the exit code."""

    async def work(client: Client) -> int:
        items = [_marked(item, id) for item in await find(client, id, as_of)]
        if output == Output.TABLE:
            _table(items, wide=wide)
        else:
            show({"id": id, "items": items}, items, output)
        return DONE

    return run(data, work)


async def find(client: Client, id: str, as_of: str | None = None) -> list[dict[str, Any]]:  # noqa: A002
    """Return the events of an aggregate, or of an event's aggregate, each with its `service`.

    Two services may keep a note under the same id (`known:…`). Raises Failure: `NotFound` (exit code 1) if
    no service has it, exit code 3 if a service that might have it does not answer.
    """
    aggregate_id, at, _ = id.partition("@")
    parameters = {"aggregate_id": aggregate_id} | ({"as_of": as_of} if as_of else {})
    requests = {
        asyncio.ensure_future(client.query(service, "history", parameters)): service
        for service in PRODUCERS
    }
    events: dict[str, list[dict[str, Any]]] = {}
    silent: Failure | None = None
    waiting = set(requests)
    try:
        while waiting:
            done, waiting = await asyncio.wait(
                waiting,
                timeout=OTHERS_S if any(events.values()) else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for request in done:
                try:
                    events[requests[request]] = _events(requests[request], request.result())
                except Failure as failure:
                    if failure.exit_code == REFUSED:
                        raise
                    silent = failure
            if not done:
                break
    finally:
        for request in waiting:
            request.cancel()
    items = [item for service in PRODUCERS for item in events.get(service, [])]
    if not items or (at and all(item["event_id"] != id for item in items)):
        raise silent or Failure(REFUSED, "NotFound", f"no service has {id}")
    if missing := [service for service in PRODUCERS if service not in events]:
        say(f"Did not answer: {', '.join(missing)}", aside=True)
    return items


def _events(service: str, answer: QueryAnswer | Refusal) -> list[dict[str, Any]]:
    if not isinstance(answer, Refusal):
        return [{"service": service} | item for item in answer.items]
    if answer.error.code == "NotFound":
        return []
    raise refused(answer)


def _marked(item: dict[str, Any], id: str) -> dict[str, Any]:  # noqa: A002
    return item | {"marked": True} if item["event_id"] == id else item


def _table(items: Sequence[Mapping[str, Any]], *, wide: bool) -> None:
    """Print who did what, when and by which channel; the service only where several have a history of that id."""
    rows = [_row(item, wide=wide) for item in items]
    services = {row["service"] for row in rows}
    asked = ["service"] if len(services) == 1 else []
    say(items[0]["aggregate_id"])
    table(rows, columns=columns("history", rows, asked=asked, wide=wide))


def _row(item: Mapping[str, Any], *, wide: bool) -> dict[str, str]:
    fields: Mapping[str, Any] = item.get("event") or {}
    own = {key: value for key, value in fields.items() if key != "channel"}
    if not wide:
        own = {key: _counted(value) for key, value in own.items()}
    effective, recorded = item.get("effective_at"), item.get("recorded_at")
    return {
        "": "→" if item.get("marked") else "",
        "event_id": item["event_id"] if wide else f"@{item['aggregate_version']}",
        "service": item["service"],
        "topic": fact(item["topic"]),
        "effective_at": shown("effective_at", effective),
        "recorded_at": shown("recorded_at", recorded) if wide or recorded != effective else "",
        "actor": shown("actor", item.get("actor")),
        "channel": shown("channel", fields.get("channel")),
        "fields": shown("fields", own) or ", ".join(item.get("faults", ())),
    }


def _counted(value: Any) -> Any:
    """Return the number of objects instead of a list of them, within an object too."""
    if isinstance(value, dict):
        return {key: _counted(inner) for key, inner in value.items()}
    return len(value) if isinstance(value, list) and any(map(_is_object, value)) else value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
