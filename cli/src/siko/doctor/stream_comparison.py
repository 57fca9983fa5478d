"""Comparison of a service's store with its stream: the last page and random ones, or everything."""

import json
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from siko_contracts.messages import query_subject
from siko_contracts.queries.audit import DifferenceItem, Differences
from siko_contracts.queries.operations import EpochItem, Positions
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
        self._epoch = ""
        self._items: dict[tuple[int, str], DifferenceItem] = {}
        self._beyond = 0

    async def examine(self, *, whole: bool) -> list[Finding]:
        """Return the differences as findings; without an answer there is a finding only if `whole`."""
        hindered: list[Finding] = []
        try:
            answer = await self._ask(Positions.NAME, {})
            last = int(answer["position"][self._service])
            epochs = [EpochItem.model_validate(item) for item in answer.get("items", [])]
            self._epoch = f", epoch {epochs[-1].epoch}" if epochs else ""
            given = _given(epochs, last)
            is_short = sum(map(len, given)) <= (DRAWN + 1) * PAGE
            if whole or is_short:
                await self._compare_all(last)
            else:
                await self._compare_some(last, given)
        except NoAnswer as error:
            self.compared = f"{self._service}: not compared with its stream ({error})"
            if whole:
                step = "see what else is told of it; `NotAuthorised`: `siko login --as operator`"
                hindered.append(
                    Finding(self._service, f"not compared with its stream: {error}", step)
                )
        return [*hindered, *self._findings()]

    async def _compare_some(self, last: int, given: Sequence[range]) -> None:
        weights = [len(positions) for positions in given]
        drawn = random.choices(given, weights, k=DRAWN)  # noqa: S311 - no secret
        begins = {max(0, last - PAGE)}
        begins |= {random.choice(positions) - 1 for positions in drawn}  # noqa: S311 - no secret
        for begin in sorted(begins):
            await self._page(begin)
        ranges = ", ".join(f"{begin + 1} to {min(begin + PAGE, last)}" for begin in sorted(begins))
        self.compared = f"{self._service}: compared with its stream at positions {ranges} of {last}{self._epoch}"

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
            f"{self._epoch}"
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


def _given(epochs: Sequence[EpochItem], last: int) -> list[range]:
    """Return the runs of positions up to the last one, without those that count as lost: nothing is stored there."""
    runs, begin = [], 1
    for each in epochs:
        if each.lost_from is not None and each.lost_to is not None:
            runs.append(range(begin, each.lost_from))
            begin = each.lost_to + 1
    return [*runs, range(begin, last + 1)]
