"""A service whose database is put back to what it was at an earlier moment, and what the bus sees of it."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from nats.aio.client import Client
from nats.errors import NoRespondersError
from siko_contracts.messages import COMMAND_ID, POSITION, PREVIOUS, stream
from siko_core.recovery.compare import ensure_same_history
from siko_core.recovery.recovery import Findings, Recovery
from siko_core.relay.relay import Relay
from siko_core.testing import Desk
from sqlalchemy import make_url

from tests.core.batches import NOW
from tests.core.toy import CONTRACTS, AmendNote, Notes, WithdrawNote, WriteNote

READY_SECONDS = 20.0


class Service:
    """The toy service in this process, on a store that tests copy and put back while it is closed."""

    def __init__(self, url: str, folder: Path, client: Client) -> None:
        self.url = url
        self.folder = folder
        self.client = client
        self.bus = Bus(client)
        self.now = NOW
        self.desk: Desk | None = None

    def open(self) -> Desk:
        if self.desk is None:
            self.desk = Desk(Notes, CONTRACTS, self.folder, database_url=self.url)
        return self.desk

    def close(self) -> None:
        if self.desk is not None:
            application: Any = self.desk.application
            application.recorder.close()
            application.close()
            application.keyring.close()
            self.desk.writer.close()
            self.desk = None

    def does(self, *commands: tuple[Callable[[Any, Any], Any], Any]) -> list[Any]:
        return [self.open().send(*command, now=self.now) for command in commands]

    async def starts(self) -> None:
        """As at a start: HistoriesDiffer where it must not."""
        desk = self.open()
        await ensure_same_history(desk.application, CONTRACTS, self.client)

    async def publishes(self) -> list[dict[str, Any]]:
        """Starts, lets its relay publish all there is, and returns what the stream then holds."""
        await self.starts()
        desk = self.open()
        relay = Relay(desk.application, CONTRACTS, self.client, desk.writer.committed)
        running = asyncio.create_task(relay.run())
        try:
            return await self.bus.told(desk.application.recorder.max_notification_id() or 0)
        finally:
            running.cancel()

    async def compares(self, **restored: bool) -> Findings:
        return await self._recovery().compare(self.client, **restored)

    async def recovers(self, **restored: bool) -> dict[str, Any] | None:
        """Returns position and id of what is recorded; None if nothing is lost."""
        recovery = self._recovery()
        findings = await recovery.compare(self.client, **restored)
        if findings.first is None:
            return None
        done = recovery.go_on(findings)
        return {name: done[name] for name in ("position", "event_id")}

    def _recovery(self) -> Recovery:
        desk = self.open()
        return Recovery(desk.application, CONTRACTS, desk.clock)

    def stored(self) -> list[tuple[int, str]]:
        """Position and id of every stored event."""
        found = self.open().application.recorder.select_notifications(1, 10_000)
        return [(n.id, f"{n.originator_id}@{n.originator_version}") for n in found]


def write(note_id: str) -> tuple[Any, WriteNote]:
    return Notes.write, WriteNote(id=note_id)


def amend(note_id: str) -> tuple[Any, AmendNote]:
    return Notes.amend, AmendNote(note_id=note_id, override_reason="ja")


def withdraw(note_id: str) -> tuple[Any, WithdrawNote]:
    return Notes.withdraw, WithdrawNote(note_id=note_id)


class Copy:
    """A database as it is now, to be put back later; nobody may have it open then."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() == "sqlite":
            self.file = Path(str(self.url.database))
            self.kept = self.file.with_suffix(".copy")
            with sqlite3.connect(self.file) as connection:
                connection.execute("VACUUM INTO ?", [str(self.kept)])
            connection.close()
        else:
            name = self.url.database
            self._sql(
                f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
                f"CREATE DATABASE {name}_copy TEMPLATE {name}",
                f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
            )

    def put_back(self) -> None:
        if self.url.get_backend_name() == "sqlite":
            for left in self.file.parent.glob(f"{self.file.name}*"):
                left.unlink()
            self.kept.rename(self.file)
        else:
            name = self.url.database
            self._sql(
                f"DROP DATABASE {name} WITH (FORCE)",
                f"ALTER DATABASE {name}_copy RENAME TO {name}",
            )

    def _sql(self, *statements: str) -> None:
        server = self.url.set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


class Bus:
    """What clients and subscribers see."""

    def __init__(self, client: Client, service: str = "scheduler") -> None:
        self.client = client
        self.service = service

    async def send(self, command: str, command_id: str | None = None, **fields: Any) -> Any:
        headers = {COMMAND_ID: command_id} if command_id else None
        return await self._ask(f"siko.command.{self.service}.{command}", fields, headers)

    async def log(self) -> list[dict[str, Any]]:
        answer = await self._ask(f"siko.query.{self.service}.log", {"limit": 10_000})
        items: list[dict[str, Any]] = answer["items"]
        return items

    async def epochs(self) -> list[dict[str, Any]]:
        answer = await self._ask(f"siko.query.{self.service}.positions", {})
        items: list[dict[str, Any]] = answer["items"]
        return items

    async def until(self, seen: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The log, when it shows that."""
        deadline = time.monotonic() + READY_SECONDS
        while not seen(log := await self.log()):
            assert time.monotonic() < deadline, log
            await asyncio.sleep(0.05)
        return log

    async def _ask(
        self, subject: str, body: Mapping[str, Any], headers: dict[str, str] | None = None
    ) -> Any:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                answer = await self.client.request(
                    subject, json.dumps(body).encode(), timeout=10, headers=headers
                )
                told = json.loads(answer.data)
                if told["ok"] or told["error"]["code"] != "Unavailable":
                    return told
            except NoRespondersError:
                pass
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    async def told(self, at_least: int = 0) -> list[dict[str, Any]]:
        """The whole stream in order, when it has come to this position: event, position and the one before."""
        jetstream = self.client.jetstream()
        name = stream(self.service)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            last = (await jetstream.stream_info(name)).state.last_seq
            messages = [await jetstream.get_msg(name, seq=n) for n in range(1, last + 1)]
            told = [
                json.loads(message.data or b"")
                | {
                    "type": message.headers["ce-type"],
                    "position": int(message.headers[POSITION]),
                    "previous": int(message.headers[PREVIOUS]),
                }
                for message in messages
            ]
            if not at_least or (told and told[-1]["position"] >= at_least):
                return told
            assert time.monotonic() < deadline, told[-1:]
            await asyncio.sleep(0.05)


def ids(told: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(message["position"], message["event_id"]) for message in told]


def ensure_chain(told: Sequence[dict[str, Any]]) -> None:
    """Each message names the position before its own, and positions rise."""
    positions = [message["position"] for message in told]
    assert [message["previous"] for message in told] == [0, *positions[:-1]]
    assert positions == sorted(set(positions))
