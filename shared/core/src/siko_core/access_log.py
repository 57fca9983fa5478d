"""Who read what, and who was refused for lack of rights: apart from the events, with a retention of its own (R38)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from siko_contracts import queries

from siko_core.databases import Database, StoreUnreachable, unusable
from siko_core.refusals import InvalidCommand, Unavailable
from siko_core.threads import Threads

log = structlog.get_logger()
BATCH = 500
MOST_WAITING = 10_000
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 2.0
RETENTION_SECONDS = 3600.0
SETTING = "SIKO_ACCESS_LOG_URL"

COLUMNS = ("at", "service", "subject", "role", "held_for", "asked", "about", "basis", "outcome")
CREATE = (
    (
        "CREATE TABLE IF NOT EXISTS accesses (id {id}, at text NOT NULL, service text NOT NULL, subject text,"
        " role text, held_for text, asked text NOT NULL, about text NOT NULL, basis text NOT NULL,"
        " outcome text NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS ix_accesses_at ON accesses (at)",
)
"""Ids and codes only: what was asked for, never what was answered."""


@dataclass(eq=False)
class Entry:
    """One line that waits to be written; `written` is awaited where the answer waits for it."""

    values: dict[str, Any]
    written: "asyncio.Future[None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class AccessLog:
    """Of one service; what is not waited for is written in batches beside the loop."""

    def __init__(self, service: str, url: str, days: int) -> None:
        self.service = service
        self.days = days
        try:
            self._database = Database(url, CREATE)
            self._reading = Database(url, ())
        except Exception as error:  # whatever the drivers raise: it cannot be used
            raise StoreUnreachable(unusable(url, error, SETTING)) from error
        self._waiting: list[Entry] = []
        self._wake = asyncio.Event()
        self._writer, self._reader = Threads("access-log"), Threads("access-log-reader")

    def close(self) -> None:
        for each in (self._writer, self._reader, self._database, self._reading):
            each.close()

    async def find(self, query: queries.AccessLog) -> queries.QueryAnswer:
        """`read`, on a connection and a thread of its own: what is to be written does not wait."""
        return await self._reader.run(self.read, query)

    def add(self, values: dict[str, Any]) -> Entry:
        """To be written soon. Raises Unavailable where too much waits to be."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("the access log cannot be written", retry_after_s=1)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        entry = Entry({"at": now, "service": self.service, **values})
        self._waiting.append(entry)
        self._wake.set()
        return entry

    async def note(self, values: dict[str, Any], *, before_the_answer: bool) -> None:
        """Raises Unavailable where a sensitive answer cannot be noted, or too much waits to be."""
        entry = self.add(values)
        if before_the_answer:
            try:
                await asyncio.wait_for(asyncio.shield(entry.written), PATIENCE_SECONDS)
            except TimeoutError:
                raise Unavailable("the access log cannot be written", retry_after_s=1) from None

    async def run(self) -> None:
        """For ever. What could not be written is tried again; its end is awaited by nobody but its answer."""
        forgotten_at = float("-inf")
        while True:
            if time.monotonic() - forgotten_at > RETENTION_SECONDS:
                forgotten_at = time.monotonic()
                await self._beside(self.forget)
            if not self._waiting:
                self._wake.clear()
                await _within(self._wake.wait(), RETENTION_SECONDS)
            await self.write()

    async def write(self) -> None:
        """What waits, now."""
        entries, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if not entries:
            return
        if await self._beside(self._insert, [entry.values for entry in entries]):
            for entry in entries:
                if not entry.written.done():
                    entry.written.set_result(None)
        else:
            self._waiting[:0] = entries
            await asyncio.sleep(RETRY_SECONDS)

    async def _beside(self, work: Any, *arguments: Any) -> bool:
        try:
            await self._writer.run(work, *arguments)
        except Exception as error:  # noqa: BLE001 - it is tried again
            log.warning("access_log_waits", reason=type(error).__name__)
            return False
        return True

    def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        marks = ", ".join([self._database.mark] * len(COLUMNS))
        insert = f"INSERT INTO accesses ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names
        with self._database.transaction() as cursor:
            cursor.executemany(insert, [[row[name] for name in COLUMNS] for row in rows])

    def forget(self) -> None:
        """What is older than the retention."""
        oldest = (datetime.now(UTC) - timedelta(days=self.days)).isoformat(timespec="microseconds")
        with self._database.transaction() as cursor:
            cursor.execute(f"DELETE FROM accesses WHERE at < {self._database.mark}", (oldest,))  # noqa: S608

    def read(self, query: queries.AccessLog) -> queries.QueryAnswer:
        """The latest ones first."""
        wanted: dict[str, Any] = {
            f"{column} =": getattr(query, column)
            for column in ("subject", "role", "held_for", "outcome")
        }
        wanted["at >="] = query.since and query.since.isoformat(timespec="microseconds")
        wanted["id <"] = query.cursor and _place(query.cursor)
        given = {part: value for part, value in wanted.items() if value is not None}
        conditions = " AND ".join(f"{part} {self._database.mark}" for part in given) or "1 = 1"
        statement = (
            f"SELECT * FROM accesses WHERE {conditions} ORDER BY id DESC LIMIT {query.limit + 1}"  # noqa: S608
        )
        with self._reading.transaction() as cursor:
            found = cursor.execute(statement, list(given.values())).fetchall()
        shown = found[: query.limit]
        items = [queries.AccessItem.model_validate(dict(row)) for row in shown]
        return queries.QueryAnswer(
            items=[item.model_dump(mode="json") for item in items],
            cursor=str(shown[-1]["id"]) if len(found) > len(shown) else None,
        )


def _place(cursor: str) -> int:
    try:
        return int(cursor)
    except ValueError:
        raise InvalidCommand("take the cursor from an answer", cursor="unknown") from None


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return
