"""`siko history`: everything that has happened to one thing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import QueryAnswer

from siko.client import Client, refused, run
from siko.output import Failure, Output, say, show

OTHERS_S = 1.0
"""Time to wait for the other services once one has answered with a history."""


def history(id: str, as_of: str | None, output: Output, data: Path | None) -> int:  # noqa: A002
    """Show the events of an aggregate in order; if `id` names an event, that one is marked. Returns the exit code."""

    async def work(client: Client) -> int:
        items = [_marked(item, id) for item in await find(client, id, as_of)]
        rows = [_row(item) for item in items] if output == Output.TABLE else items
        show({"id": id, "items": items}, rows, output)
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


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "": "→" if item.get("marked") else "",
        "event": item["event_id"],
        "service": item["service"],
        "fact": item["topic"],
        "effective_at": item.get("effective_at"),
        "recorded_at": item.get("recorded_at"),
        "fields": item.get("event") or ", ".join(item.get("faults", ())),
    }
