"""`siko history` and `siko replay`: what the services' logs hold, for people who check it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import QueryAnswer

from siko.client import Client, refused, run
from siko.output import (
    DONE,
    REFUSED,
    Failure,
    Output,
    show,
    show_document,
    show_line,
    wrong_usage,
)
from siko.pairs import did_you_mean

PAGE = 1000
OTHERS_S = 1.0
"""How long services that are slow or away keep a history waiting that another has answered."""


def history(id: str, as_of: str | None, output: Output, data: Path | None) -> int:  # noqa: A002
    """An aggregate's events in order; of an event's id its aggregate's, with that event marked."""

    async def work(client: Client) -> int:
        items = [_marked(item, id) for item in await find(client, id, as_of)]
        shown = [_row(item) for item in items] if output == Output.TABLE else items
        show({"id": id, "items": items}, shown, output)
        return DONE

    return run(data, work)


async def find(client: Client, id: str, as_of: str | None = None) -> list[dict[str, Any]]:  # noqa: A002
    """The events of this aggregate, or of the event's one, each with the `service` that has it.

    Two services may keep a note under the same id (`known:…`). Failure: `NotFound` (exit code 1) where
    nobody has it, exit code 3 where one that might have it does not answer.
    """
    aggregate_id, at, _ = id.partition("@")
    parameters = {"aggregate_id": aggregate_id} | ({"as_of": as_of} if as_of else {})
    asked = {
        asyncio.ensure_future(client.query(service, "history", parameters)): service
        for service in PRODUCERS
    }
    found: dict[str, list[dict[str, Any]]] = {}
    silent: Failure | None = None
    waiting = set(asked)
    try:
        while waiting:
            done, waiting = await asyncio.wait(
                waiting,
                timeout=OTHERS_S if any(found.values()) else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for request in done:
                try:
                    found[asked[request]] = _events(asked[request], request.result())
                except Failure as failure:
                    if failure.exit_code == REFUSED:
                        raise
                    silent = failure
            if not done:
                break
    finally:
        for request in waiting:
            request.cancel()
    items = [item for service in PRODUCERS for item in found.get(service, [])]
    if not items or (at and all(item["event_id"] != id for item in items)):
        raise silent or Failure(REFUSED, "NotFound", f"no service has {id}")
    if missing := [service for service in PRODUCERS if service not in found]:
        print(f"Did not answer: {', '.join(missing)}", file=sys.stderr)
    return items


def _events(service: str, answer: QueryAnswer | Refusal) -> list[dict[str, Any]]:
    if not isinstance(answer, Refusal):
        return [{"service": service} | item for item in answer.items]
    if answer.error.code == "NotFound":
        return []
    raise refused(answer)


def replay(service: str, until: str | None, output: Output, data: Path | None) -> int:
    """A service's whole log in order, its chain checked on the way; lines unless `output` is json.

    `until`: the log as it was then. `BrokenChain` (exit code 1) at the first event that does not follow.
    """
    if service not in PRODUCERS:
        raise wrong_usage(
            f"{service!r} has no log{did_you_mean(service, PRODUCERS)}", known=", ".join(PRODUCERS)
        )
    last = _moment(until) if until else None

    async def work(client: Client) -> int:
        chain = Chain()
        kept: list[dict[str, Any]] = []
        async for item in _log(client, service):
            if last and datetime.fromisoformat(item["recorded_at"]) > last:
                break
            chain.follow(item)
            if output == Output.JSON:
                kept.append(item)
            else:
                show_line(item)
        if output == Output.JSON:
            show_document({"service": service, "position": chain.position, "items": kept})
        print(
            f"{service}: {chain.events} events up to position {chain.position},"
            f" {len(chain.versions)} aggregates, chain whole",
            file=sys.stderr,
        )
        return DONE

    return run(data, work)


class Chain:
    """Positions rise, and each aggregate's versions count from 1 without a hole."""

    def __init__(self) -> None:
        self.position = 0
        self.events = 0
        self.versions: dict[str, int] = {}

    def follow(self, item: Mapping[str, Any]) -> None:
        """Failure (exit code 1) that names the event where it does not follow those before it."""
        aggregate_id, version = item["aggregate_id"], item["aggregate_version"]
        expected = self.versions.get(aggregate_id, 0) + 1
        if item["position"] <= self.position:
            self._broken(item, f"position {item['position']} stands after {self.position}")
        if version != expected:
            self._broken(
                item, f"version {version} of {aggregate_id} stands where {expected} is due"
            )
        if item["event_id"] != f"{aggregate_id}@{version}":
            self._broken(item, f"it is version {version} of {aggregate_id}")
        self.position = item["position"]
        self.events += 1
        self.versions[aggregate_id] = version

    def _broken(self, item: Mapping[str, Any], why: str) -> None:
        raise Failure(
            REFUSED, "BrokenChain", f"{item['event_id']} at position {item['position']}: {why}"
        )


async def _log(client: Client, service: str) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        page = await client.view(service, "log", after=after, limit=PAGE)
        for item in page.items:
            yield item
        if not page.items:
            return
        after = page.items[-1]["position"]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_usage(f"{text!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise wrong_usage(f"{text!r} has no offset: write it as {text}+01:00 or {text}Z")
    return moment


def _marked(item: dict[str, Any], id: str) -> dict[str, Any]:  # noqa: A002
    return item | {"marked": True} if item["event_id"] == id else item


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "": "→" if item.get("marked") else "",
        "event": item["event_id"],
        "service": item["service"],
        "fact": item["topic"],
        "effective_at": item["effective_at"],
        "recorded_at": item["recorded_at"],
        "fields": item.get("event"),
    }
