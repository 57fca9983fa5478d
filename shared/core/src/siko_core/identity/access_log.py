"""The access log: who read what, and who was refused for lack of rights; own store and own retention (R38)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from siko_contracts.queries import QueryAnswer, operations

from siko_core import cursors
from siko_core.databases import Database, StoreUnreachable, unusable
from siko_core.faults import cause_of, is_permanent, writing_what_harms_nobody
from siko_core.loops import repeat
from siko_core.refusals import NotStorable, Refused, Unavailable
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
"""Columns hold ids and codes only: what was asked for, never what was answered."""
PROBE = dict.fromkeys(COLUMNS, "(probe)") | {"at": ""}


@dataclass(eq=False)
class Entry:
    """One row that waits to be written; `written` is awaited if the answer must not go out before it."""

    values: dict[str, Any]
    written: "asyncio.Future[Refused | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Resolves to None once the row is written, or to the refusal if the database does not accept it."""
    is_done: bool = False
    refusal: Refused | None = None


class AccessLog:
    """The access log of one service. Rows are written in batches by a thread, so the event loop never blocks."""

    def __init__(self, service: str, url: str, days: int) -> None:
        self.service = service
        self.days = days
        try:
            self._database = Database(url, CREATE)
            self._reading = Database(url, ())
        except Exception as error:  # whatever the driver raises: the store is unusable
            raise StoreUnreachable(unusable(url, error, SETTING)) from error
        self.refused_rows = 0
        self._waiting: list[Entry] = []
        self._wake = asyncio.Event()
        self._writer, self._reader = Threads("access-log"), Threads("access-log-reader")

    @property
    def _statement(self) -> str:
        marks = ", ".join([self._database.mark] * len(COLUMNS))
        return f"INSERT INTO accesses ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names

    def close(self) -> None:
        for resource in (self._writer, self._reader, self._database, self._reading):
            resource.close()

    async def find(self, query: operations.AccessLog) -> QueryAnswer:
        """Run `read` on its own connection and thread, so that writes do not wait for it."""
        return await self._reader.run(self.read, query)

    def add(self, values: dict[str, Any]) -> Entry:
        """Queue a row. Raises Unavailable if too many are queued."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("the access log cannot be written", retry_after_s=1)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        entry = Entry({"at": now, "service": self.service, **values})
        self._waiting.append(entry)
        self._wake.set()
        return entry

    async def note(self, values: dict[str, Any], *, before_the_answer: bool) -> None:
        """Queue a row and, with `before_the_answer`, wait until it is written.

        Raises Unavailable if it cannot be written now or too many are queued, NotStorable if it never can be.
        """
        entry = self.add(values)
        if before_the_answer:
            try:
                refusal = await asyncio.wait_for(asyncio.shield(entry.written), PATIENCE_SECONDS)
            except TimeoutError:
                raise Unavailable("the access log cannot be written", retry_after_s=1) from None
            if refusal is not None:
                raise refusal

    async def run(self) -> None:
        """Write queued rows and delete expired ones, until cancelled. Failed writes are retried."""
        forgotten_at = float("-inf")

        async def write() -> float:
            nonlocal forgotten_at
            if time.monotonic() - forgotten_at > RETENTION_SECONDS:
                forgotten_at = time.monotonic()
                await self._beside(self.forget)
            if not self._waiting:
                self._wake.clear()
                await _within(self._wake.wait(), RETENTION_SECONDS)
            return 0 if await self.write() else RETRY_SECONDS

        await repeat(write)

    async def write(self) -> bool:
        """Write the next batch now; returns whether the database takes rows at all.

        A row that the database does not accept does not hold up the others.
        """
        entries, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if not entries:
            return True
        is_kept = await self._beside(self._keep, entries)
        for entry in entries:
            if entry.is_done and not entry.written.done():
                entry.written.set_result(entry.refusal)
        if not is_kept:
            self._waiting[:0] = [entry for entry in entries if not entry.is_done]
        return is_kept

    def ensure_writable(self) -> None:
        """Write a probe row and remove it. Raises Unavailable if that fails."""
        with writing_what_harms_nobody(), self._database.transaction() as cursor:
            cursor.execute(self._statement, [PROBE[name] for name in COLUMNS])
            cursor.execute(f"DELETE FROM accesses WHERE at = {self._database.mark}", (PROBE["at"],))  # noqa: S608

    def _keep(self, entries: Sequence[Entry]) -> None:
        """Write the entries; bisect the batch to isolate one that the database does not accept.

        Raises transient errors, and Unavailable if the database accepts no rows at all now.
        """
        try:
            self._insert([entry.values for entry in entries])
        except Exception as error:
            if not is_permanent(error):
                raise
            if len(entries) > 1:
                half = len(entries) // 2
                self._keep(entries[:half])
                self._keep(entries[half:])
                return
            self.ensure_writable()
            self.refused_rows += 1
            entries[0].refusal = NotStorable("the access log does not take who asks, or what for")
            asked = entries[0].values["asked"]
            log.error("access_not_noted", subject=asked, error=cause_of(error))  # noqa: TRY400 - the error's text may be personal
        for entry in entries:
            entry.is_done = True

    async def _beside(self, work: Any, *arguments: Any) -> bool:
        try:
            await self._writer.run(work, *arguments)
        except Exception as error:  # noqa: BLE001 - the caller retries
            log.warning("access_log_waits", reason=type(error).__name__)
            return False
        return True

    def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        with self._database.transaction() as cursor:
            cursor.executemany(self._statement, [[row[name] for name in COLUMNS] for row in rows])

    def forget(self) -> None:
        """Delete rows older than the retention period."""
        oldest = (datetime.now(UTC) - timedelta(days=self.days)).isoformat(timespec="microseconds")
        with self._database.transaction() as cursor:
            cursor.execute(f"DELETE FROM accesses WHERE at < {self._database.mark}", (oldest,))  # noqa: S608

    def read(self, query: operations.AccessLog) -> QueryAnswer:
        """Return one page of the rows that match the query, latest first."""
        wanted: dict[str, Any] = {
            f"{column} =": getattr(query, column)
            for column in ("subject", "role", "held_for", "outcome")
        }
        wanted["at >="] = query.since and query.since.isoformat(timespec="microseconds")
        wanted["id <"] = query.cursor and cursors.position(query.cursor)
        given = {part: value for part, value in wanted.items() if value is not None}
        conditions = " AND ".join(f"{part} {self._database.mark}" for part in given) or "1 = 1"
        statement = (
            f"SELECT * FROM accesses WHERE {conditions} ORDER BY id DESC LIMIT {query.limit + 1}"  # noqa: S608
        )
        with self._reading.transaction() as cursor:
            rows = cursor.execute(statement, list(given.values())).fetchall()
        shown, cursor = cursors.page(rows, query.limit, lambda row: cursors.of_position(row["id"]))
        items = [operations.AccessItem.model_validate(dict(row)) for row in shown]
        return QueryAnswer(
            items=[item.model_dump(mode="json") for item in items],
            cursor=cursor,
        )


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return
