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
from siko_core.faults import cause_of, is_permanent, writing_what_harms_nobody
from siko_core.parsing import place_of
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
"""Ids and codes only: what was asked for, never what was answered."""
PROBE = dict.fromkeys(COLUMNS, "(probe)") | {"at": ""}


@dataclass(eq=False)
class Entry:
    """One line that waits to be written; `written` is awaited where the answer waits for it."""

    values: dict[str, Any]
    written: "asyncio.Future[Refused | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """Its result is why the database does not take the line; None where it is written."""
    is_done: bool = False
    refusal: Refused | None = None


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
        self.refused_rows = 0
        self._waiting: list[Entry] = []
        self._wake = asyncio.Event()
        self._writer, self._reader = Threads("access-log"), Threads("access-log-reader")

    @property
    def _statement(self) -> str:
        marks = ", ".join([self._database.mark] * len(COLUMNS))
        return f"INSERT INTO accesses ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names

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
        """Raises Unavailable where a sensitive answer cannot be noted now, or too much waits; NotStorable where never."""
        entry = self.add(values)
        if before_the_answer:
            try:
                refusal = await asyncio.wait_for(asyncio.shield(entry.written), PATIENCE_SECONDS)
            except TimeoutError:
                raise Unavailable("the access log cannot be written", retry_after_s=1) from None
            if refusal is not None:
                raise refusal

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
        """What waits, now. A line that the database does not take hinders no other one."""
        entries, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        if not entries:
            return
        is_kept = await self._beside(self._keep, entries)
        for entry in entries:
            if entry.is_done and not entry.written.done():
                entry.written.set_result(entry.refusal)
        if not is_kept:
            self._waiting[:0] = [entry for entry in entries if not entry.is_done]
            await asyncio.sleep(RETRY_SECONDS)

    def ensure_writable(self) -> None:
        """Write a line and remove it; Unavailable where that cannot be."""
        with writing_what_harms_nobody(), self._database.transaction() as cursor:
            cursor.execute(self._statement, [PROBE[name] for name in COLUMNS])
            cursor.execute(f"DELETE FROM accesses WHERE at = {self._database.mark}", (PROBE["at"],))  # noqa: S608

    def _keep(self, entries: Sequence[Entry]) -> None:
        """Write them; one that the database does not take is found by halves. Raises where it takes none now."""
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
            log.error("access_not_noted", subject=asked, error=cause_of(error))  # noqa: TRY400 - its text may be personal
        for entry in entries:
            entry.is_done = True

    async def _beside(self, work: Any, *arguments: Any) -> bool:
        try:
            await self._writer.run(work, *arguments)
        except Exception as error:  # noqa: BLE001 - it is tried again
            log.warning("access_log_waits", reason=type(error).__name__)
            return False
        return True

    def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        with self._database.transaction() as cursor:
            cursor.executemany(self._statement, [[row[name] for name in COLUMNS] for row in rows])

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
        wanted["id <"] = query.cursor and place_of(query.cursor)
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


async def _within(waiting: Any, seconds: float) -> None:
    try:
        await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return
