"""`siko replay`: a service's whole log, verified and compared with its stream."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from nats.errors import Error as NatsError
from siko_contracts.answers import Refusal
from siko_contracts.events import HistoryLost
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.messages import stream
from siko_contracts.queries.audit import DifferenceItem
from siko_core.broker.published import Reading
from siko_core.comparison.differences import Stored, differences, end_of
from siko_core.loops import retry
from siko_core.relay.message import Message, message_of

from siko.chain import Chain, Item, Seals, difference
from siko.client import Client, refused, run
from siko.differences import described
from siko.output import Failure, Output, say, show_document, show_line, unreachable, wrong_usage
from siko.services import ensure_write_service

T = TypeVar("T")
PAGE = 1000
BEHIND_S = 10.0
"""Time without progress on the stream after which the rest of the store counts as not comparable."""
PAUSE_S = 0.2
PROGRESS_S = 5.0
MOST_SHOWN = 1000
"""Further differences are only counted."""


def replay(service: str, until: str | None, output: Output, data: Path | None) -> int:
    """Print the log as lines, or as one document if `output` is json; differences go to stderr.

    `until`: the log as of then. Raises Failure (exit code 1): `BrokenChain` if the chain of events is broken,
    else `HistoryDiffers`; with exit code 3 if events are missing on the stream. Returns the exit code.
    """
    ensure_write_service(service)
    last = _moment(until) if until else None

    async def work(client: Client) -> int:
        items: list[Item] = []
        show = items.append if output == Output.JSON else show_line
        comparison = Replay(client, service, last, show)
        await comparison.run()
        if output == Output.JSON:
            differences = [item.model_dump(mode="json") for item in comparison.differences]
            position = comparison.chain.position
            show_document(
                {
                    "service": service,
                    "position": position,
                    "differences": differences,
                    "items": items,
                }
            )
        comparison.conclude()
        return DONE

    return run(data, work, user="auditor")


class Replay:
    """Compares the store's log with the stream, page by page."""

    def __init__(
        self, client: Client, service: str, until: datetime | None, show: Callable[[Item], None]
    ) -> None:
        self.chain = Chain()
        self.differences: list[DifferenceItem] = []
        """The first MOST_SHOWN of them."""
        self._client = client
        self._service = service
        self._until = until
        self._show = show
        self._seals = Seals()
        self._stream = client.stream_of(service)
        self._lost: list[tuple[int, int]] | None = None
        self._epochs: list[str] = []
        self._limit = PAGE
        self._position = 0
        self._codes: list[str] = []
        self._not_compared = 0
        self._progress = Progress(service)

    async def run(self) -> None:
        """Compare everything. Raises Failure if the service refuses, or if it or the broker does not answer."""
        moved_at = time.monotonic()
        while True:
            before = self._position
            remaining = await self._page()
            if self._position > before:
                moved_at = time.monotonic()
                self._progress.show(self._position)
            elif not remaining:
                return
            elif time.monotonic() - moved_at > BEHIND_S:
                await self._show_rest(remaining)
                return
            else:
                await asyncio.sleep(PAUSE_S)

    def conclude(self) -> None:
        """Print a summary. Raises Failure if there is a difference or not all was compared."""
        chain, name = self.chain, stream(self._service)
        for (first, last), epoch in zip(self._lost or (), self._epochs, strict=True):
            begun = f"; epoch {epoch} begins behind them" if epoch else ""
            say(
                f"{self._service}: positions {first} to {last} count as lost since a restore{begun}",
                aside=True,
            )
        summary = (
            f"{self._service}: {chain.events} events up to position {chain.position},"
            f" {len(chain.versions)} aggregates"
        )
        if self._codes:
            code = "BrokenChain" if "BrokenChain" in self._codes else "HistoryDiffers"
            raise Failure(REFUSED, code, f"{summary}, {len(self._codes)} differences")
        if self._not_compared:
            raise unreachable(
                f"{summary}; the last {self._not_compared} are not on {name} and were not compared:"
                " see what `siko doctor` says, and try again"
            )
        say(f"{summary}, chain whole, all as on {name}", aside=True)

    async def _page(self) -> Sequence[Item]:
        """Compare the next page of both; return the items that the stream does not have yet."""
        after = self._position
        reading, (page, limit) = await asyncio.gather(self._read(after), self._log(after))
        if len(page) < limit:  # read the last page again: it must include all that the stream has
            page, limit = await self._log(after)
        if self._lost is None:
            self._lost = await self._given_up()
        items = self._recorded_by_then(page)
        end = end_of(after, [item["position"] for item in page], reading, limit)
        if len(items) < len(page):
            end = min(end, page[len(items)]["position"] - 1)
        reached = [item for item in items if item["position"] <= end]
        stored = [
            Stored(item["position"], item["event_id"], _message(self._service, item))
            for item in reached
        ]
        entries = differences(stored, reading, self._lost, after=after, end=end)
        for item in reached:
            self._show(item)
            entries += self._judged(item)
        self._report(entries)
        self._position = max(after, end)
        return items[len(reached) :]

    async def _show_rest(self, items: Sequence[Item]) -> None:
        """Print and check the items that the stream does not have."""
        while items:
            for item in items:
                self._show(item)
                self._report(self._judged(item))
            self._not_compared += len(items)
            page, _ = await self._log(items[-1]["position"])
            items = self._recorded_by_then(page)

    def _judged(self, item: Item) -> Iterator[DifferenceItem]:
        """Yield the differences that show without the stream."""
        yield from self.chain.follow(item)
        yield from self._seals.follow(item)
        for code in item.get("faults", ()):
            if code != "SealBroken":  # reported by `Seals`, with the fields
                yield difference(item, code)

    def _report(self, entries: Iterable[DifferenceItem]) -> None:
        for item in sorted(entries, key=lambda item: item.position):
            self._codes.append(item.code)
            if len(self._codes) <= MOST_SHOWN:
                self.differences.append(item)
                say(described(self._service, item), aside=True)

    def _recorded_by_then(self, page: Sequence[Item]) -> Sequence[Item]:
        """Return the items before the first one that was recorded after `until`."""
        until = self._until
        if until is None:
            return page
        for number, item in enumerate(page):
            if "recorded_at" in item and datetime.fromisoformat(item["recorded_at"]) > until:
                return page[:number]
        return page

    async def _given_up(self) -> list[tuple[int, int]]:
        """Return the ranges of positions that the store has recorded as lost after a restore."""
        history_id = f"history:{self._service}"
        answer = await self._client.query(self._service, "history", {"aggregate_id": history_id})
        if isinstance(answer, Refusal):
            if answer.error.code == "NotFound":
                return []
            raise refused(answer)
        losses = [item for item in answer.items if item.get("type") == HistoryLost.TYPE]
        self._epochs = [item.get("event", {}).get("epoch") or "" for item in losses]
        facts = [item["contract"] for item in losses]
        return [(fact["from"], fact["to"]) for fact in facts]

    async def _log(self, after: int) -> tuple[list[dict[str, Any]], int]:
        """Return a page and its limit, which is halved until the answer fits into a message."""
        while True:
            parameters = {"after": after, "limit": self._limit}
            answer = await self._client.query(self._service, "log", parameters)
            if not isinstance(answer, Refusal):
                self._progress.last = answer.position.get(self._service, 0)
                return answer.items, self._limit
            if answer.error.code != "InvalidCommand" or self._limit == 1:
                raise refused(answer)
            self._limit //= 2

    async def _read(self, after: int) -> Reading:
        """Read a page of the stream. Raises Failure (exit code 3) if the broker does not answer before the deadline."""
        name, deadline = stream(self._service), time.monotonic() + self._client.deadline_s

        def failed(error: Exception) -> float:
            if not isinstance(error, NatsError | TimeoutError):
                raise error
            if time.monotonic() >= deadline or self._client.is_refused_a_subject:
                raise unreachable(
                    f"{name} at {self._client.url} cannot be read ({type(error).__name__}): the login"
                    " `auditor` of the broker may, name its file with SIKO_NATS_CREDENTIALS_FILE"
                ) from None
            return PAUSE_S

        return await retry(lambda: self._stream.read(after, self._limit), failed)


class Progress:
    """Prints the progress on stderr every few seconds."""

    def __init__(self, service: str) -> None:
        self.last = 0
        self._service = service
        self._began = self._shown = time.monotonic()

    def show(self, position: int) -> None:
        now = time.monotonic()
        if now - self._shown >= PROGRESS_S:
            self._shown = now
            say(
                f"{self._service}: position {position} of {self.last}, {now - self._began:.0f} s",
                aside=True,
            )


def _message(service: str, item: Item) -> Message | None:
    """Return the message that the relay publishes for an item; None if its row is no event."""
    contract = item.get("contract")
    if contract is None:
        return None
    return message_of(
        service,
        item["type"],
        json.dumps(contract, ensure_ascii=False, separators=(",", ":")).encode(),
        position=item["position"],
        aggregate_id=contract["aggregate_id"],
        authority_id=contract["authority_id"],
        recorded_at=contract["recorded_at"],
        correlation_id=item["correlation_id"],
        traceparent=item["traceparent"],
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_usage(f"{text!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise wrong_usage(f"{text!r} has no offset: write it as {text}+01:00 or {text}Z")
    return moment
