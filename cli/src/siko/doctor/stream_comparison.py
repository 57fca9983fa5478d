"""Comparison of a service's store with its stream: the last page and random ones, or everything."""

import json
import random
import time
from collections.abc import Mapping
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.messages import query_subject
from siko_contracts.queries.audit import DifferenceItem, Differences
from siko_contracts.queries.operations import Positions
from siko_core.loops import retry

from siko.differences import described
from siko.doctor.checks import ANSWER_SECONDS, Finding
from siko.output import say

PAGE = 500
DRAWN = 3
"""Number of random pages besides the last one."""
MOST_SHOWN, MOST_KEPT = 20, 1000
PROGRESS_S = 5.0
PATIENCE_S = 5.0
"""Time to retry while a service is `Unavailable`."""
PAUSE_S = 0.25


class NoAnswer(Exception):
    """Raised with the reason if the service refuses or does not answer."""


class StreamComparison:
    """Has one service compare its store with its stream."""

    def __init__(self, client: Client, service: str, headers: Mapping[str, str]) -> None:
        self.compared = ""
        """A sentence on what was compared."""
        self._client = client
        self._service = service
        self._headers = headers
        self._reached = 0
        self._items: dict[tuple[int, str], DifferenceItem] = {}
        self._beyond = 0

    async def examine(self, *, whole: bool) -> list[Finding]:
        """Return the differences as findings; without an answer there is a finding only if `whole`."""
        hindered: list[Finding] = []
        try:
            answer = await self._ask(Positions.NAME, {})
            last = int(answer["position"][self._service])
            is_short = last <= (DRAWN + 1) * PAGE
            await (self._compare_all(last) if whole or is_short else self._compare_some(last))
        except NoAnswer as error:
            self.compared = f"{self._service}: not compared with its stream ({error})"
            if whole:
                step = "see what else is told of it; `NotAuthorised`: `siko login --as operator`"
                hindered.append(
                    Finding(self._service, f"not compared with its stream: {error}", step)
                )
        return [*hindered, *self._findings()]

    async def _compare_some(self, last: int) -> None:
        begins = {max(0, last - PAGE)}
        begins |= {random.randrange(max(1, last)) for _ in range(DRAWN)}  # noqa: S311 - no secret
        for begin in sorted(begins):
            await self._page(begin)
        ranges = ", ".join(f"{begin + 1} to {min(begin + PAGE, last)}" for begin in sorted(begins))
        self.compared = f"{self._service}: compared with its stream at positions {ranges} of {last}"

    async def _compare_all(self, last: int) -> None:
        started_at = shown_at = time.monotonic()
        position: int | None = 0
        while position is not None:
            reached = position
            position = await self._page(reached)
            if position is not None and position <= reached:
                break
            if time.monotonic() - shown_at >= PROGRESS_S:
                shown_at = time.monotonic()
                spent = f"{shown_at - started_at:.0f} s"
                say(f"{self._service}: position {position} of {last}, {spent}", aside=True)
        self.compared = (
            f"{self._service}: compared with its stream up to position {self._reached} of {last}"
        )

    async def _page(self, behind: int) -> int | None:
        """Compare one page; return the position to continue after, None at the end of the stream."""
        answer = await self._ask(Differences.NAME, {"cursor": str(behind), "limit": PAGE})
        self._reached = int(answer["position"][self._service])
        for item in map(DifferenceItem.model_validate, answer["items"]):
            if len(self._items) < MOST_KEPT:
                self._items[item.position, item.code] = item
            else:
                self._beyond += 1
        return int(answer["cursor"]) if answer.get("cursor") else None

    async def _ask(self, query: str, parameters: Mapping[str, Any]) -> Any:
        subject = query_subject(self._service, query)
        payload, headers = json.dumps(parameters).encode(), dict(self._headers) or None
        deadline = time.monotonic() + PATIENCE_S

        async def ask() -> Any:
            try:
                reply = await self._client.request(
                    subject, payload, timeout=ANSWER_SECONDS, headers=headers
                )
            except (NatsError, TimeoutError) as error:
                raise NoAnswer(type(error).__name__) from None
            answer = json.loads(reply.data)
            if not answer["ok"]:
                raise NoAnswer(answer["error"]["code"])
            return answer

        def failed(error: Exception) -> float:
            if str(error) != "Unavailable" or time.monotonic() > deadline:
                raise error
            return PAUSE_S

        return await retry(ask, failed)

    def _findings(self) -> list[Finding]:
        items = [self._items[key] for key in sorted(self._items)]
        step = (
            f"store and stream differ: `siko replay {self._service}` as auditor names every position;"
            " docs/auditing.md says what that proves and what to do"
        )
        findings = [
            Finding(self._service, described(self._service, item), step)
            for item in items[:MOST_SHOWN]
        ]
        if len(items) > MOST_SHOWN:
            rest = f"{len(items) - MOST_SHOWN + self._beyond} more differences"
            findings.append(Finding(self._service, rest, step))
        return findings
