"""Loading a long history from the store, and rebuilding reporting's views from its archive."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
from siko_contracts.commands.scheduler import CancelConference, PostponeConference
from siko_contracts.events import decode
from siko_core.follower.message import Followed
from siko_core.positions import Step
from siko_core.publishing import to_contract
from siko_reporting.store import ReportingStore
from siko_scheduler.domain.conference import Conference
from siko_scheduler.publishing import CONTRACTS

from bench.machine import ENGINES, Machine
from bench.rounds import interleaved, times
from bench.rows import Row
from bench.scheduler import Scheduling, moved

HISTORY = 1000
SECONDS = 0.3
ARCHIVED = 10_000
BATCH = 500
PAGE = "SELECT arrival, type, body FROM archive WHERE arrival > {} ORDER BY arrival LIMIT 1000"


def load_1000(machine: Machine) -> list[Row]:
    """Loads per second of an evicted aggregate with 1000 events; floor: the library's `repository.get` of the same aggregate."""
    rows = []
    for engine in ENGINES:
        with Scheduling.on(machine.database(engine), machine.folder) as replica:
            conference_id = _long_conference(replica)
            figures = interleaved(
                {
                    "floor": partial(_stock_loads_a_second, replica, conference_id),
                    "product": partial(_loads_a_second, replica, conference_id),
                }
            )
        rows.append(Row("load_1000", engine, figures["product"], figures["floor"], "loads/s"))
    return rows


def rebuild(machine: Machine) -> list[Row]:
    """Events per second of reporting's rebuild; floor: reading its archive by key, and decoding."""
    templates = _templates(machine)
    rows = []
    for engine in ENGINES:
        with _archive(machine.database(engine), templates) as archive:
            figures = interleaved({"floor": archive.scan, "product": archive.rebuild})
        rows.append(Row("rebuild", engine, figures["product"], figures["floor"], "events/s"))
    return rows


def _long_conference(replica: Scheduling) -> str:
    """Store a conference that is scheduled and rescheduled 999 times; return its id."""

    async def commands() -> str:
        conference_id = (await replica.one()).id
        moves = (moved(conference_id, number) for number in range(1, HISTORY))
        await asyncio.gather(*map(replica.perform, moves))
        return conference_id

    return replica.run(commands)


def _loads_a_second(replica: Scheduling, conference_id: str) -> float:
    application = replica.application

    def load() -> None:
        application.cache.evict({conference_id})
        application.get(Conference, conference_id)
        application.end_decision()

    return _a_second(load)


def _stock_loads_a_second(replica: Scheduling, conference_id: str) -> float:
    application = replica.application

    def load() -> None:
        application.cache.evict({conference_id})
        application.repository.get(conference_id)

    return _a_second(load)


def _a_second(load: Callable[[], None]) -> float:
    taken = times(load, SECONDS)
    return len(taken) / sum(taken)


class Archive:
    """Reporting's database with many conferences' events in its archive."""

    def __init__(self, database_url: str, templates: list[tuple[str, str]]) -> None:
        self._url = database_url
        self.store = ReportingStore(database_url)
        arriving = _arriving(templates)
        for before in range(0, ARCHIVED, BATCH):
            batch = [next(arriving) for _ in range(BATCH)]
            self.store.apply(batch, Step("scheduler", before, before + BATCH, before + BATCH))

    def rebuild(self) -> float:
        """Return the events per second of a rebuild."""
        began = time.perf_counter()
        self.store.rebuild()
        return ARCHIVED / (time.perf_counter() - began)

    def scan(self) -> float:
        """Return the events per second of reading by key and decoding alone."""
        if self._url.startswith("sqlite"):
            with closing(sqlite3.connect(self._url.removeprefix("sqlite:///"))) as file:
                return _scan(lambda last: file.execute(PAGE.format("?"), [last]).fetchall())
        with psycopg.connect(self._url) as remote:
            return _scan(lambda last: remote.execute(PAGE.format("%s"), [last]).fetchall())


@contextmanager
def _archive(database_url: str, templates: list[tuple[str, str]]) -> Iterator[Archive]:
    archive = Archive(database_url, templates)
    try:
        yield archive
    finally:
        archive.store.close()


def _scan(page: Callable[[int], list[Any]]) -> float:
    last = scanned = 0
    began = time.perf_counter()
    while rows := page(last):
        for _, type_, body in rows:
            decode(type_, body)
        last, scanned = rows[-1][0], scanned + len(rows)
    return scanned / (time.perf_counter() - began)


def _templates(machine: Machine) -> list[tuple[str, str]]:
    """Return type and body of one conference's published events, from real commands; `{id}` stands for its id."""

    async def commands() -> str:
        conference_id = (await replica.one()).id
        await replica.perform(moved(conference_id, 1))
        await replica.perform(PostponeConference(conference_id=conference_id, reason="Sturm"))
        await replica.perform(CancelConference(conference_id=conference_id, reason="Sturm"))
        return conference_id

    with Scheduling.on(machine.database("sqlite"), machine.folder) as replica:
        conference_id = replica.run(commands)
        stored = replica.application.recorder.select_events(conference_id)
        events = map(replica.application.mapper.to_domain_event, stored)
        contracts = [to_contract(CONTRACTS, event) for event in events]
    return [(c.TYPE, c.model_dump_json().replace(conference_id, "{id}")) for c in contracts]


def _arriving(templates: list[tuple[str, str]]) -> Iterator[Followed]:
    """Generate, without end, conference after conference, each with the events of the templates."""
    position = 0
    while True:
        conference_id = str(uuid4())
        for type_, text in templates:
            body = text.replace("{id}", conference_id).encode()
            position += 1
            yield Followed(
                type=type_,
                body=body,
                position=position,
                previous=position - 1,
                sequence=position,
                event=decode(type_, body),
            )
