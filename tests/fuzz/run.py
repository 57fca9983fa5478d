"""Asks a running system, and judges: every request is answered, nothing fails, restarts, parks or grows."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client as Connection
from siko.client import connect
from siko.issuer import Issuer
from siko.quiescence import settle
from siko.roles import AUDITOR, SignIn
from siko_contracts.messages import AUTHORIZATION, COMMAND_ID

from tests.attack.asking import send_raw, signed
from tests.deployment import SERVICES, Deployment
from tests.fuzz.requests import Request, Requests
from tests.fuzz.stage import stage

IN_FLIGHT = 24
ANSWER_SECONDS = 15.0
SILENCE = "Silence"
"""Instead of a code: nobody answers what looks like a message of the server's own."""
SILENCE_SECONDS = 1.0
AGAIN = 5
CODE = re.compile(r"[A-Z][A-Za-z]+")
FAULTS = ("request_failed", "commit_failed", "task_ended", "event_parked", "service_failed", "loop_hangs", "nats_disconnected",
          '"event": "library"', "Traceback")  # fmt: skip
"""Lines of a service's log that no request may cause."""
MOST_TOLD = 300
LAPS, WARM_LAPS, LAP = 4, 2, 2000
MOST_GROWN = 2 * 2**20
"""Bytes that a service may hold more after the last lap than after the warm ones: 0.5 kB a request, less than keeping its
body, its task or a line about it would take. What grows by itself comes to rest before: SQLite's pages, buffers of the
patterns' and of the allocator's, each up to its bound (of the last laps about 0.2 kB a request remain)."""
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
"""As `siko up`, the units and the image set it."""


@dataclass
class Result:
    """What came of so many requests."""

    requests: int = 0
    seconds: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    resident: list[dict[str, int]] = field(default_factory=list)
    """Service -> bytes, after each lap."""

    def grown(self, service: str) -> int:
        """Bytes that it holds more than when it was warm."""
        return self.resident[-1][service] - self.resident[WARM_LAPS - 1][service]


async def run(
    system: Deployment,
    seed: int,
    requests: int,
    *,
    laps: int = 0,
    said: Callable[[int], None] = lambda _: None,
) -> Result:
    """Stages a small world and asks so many requests of this seed; then the first `LAP` of them again, `laps` times.

    A lap's commands have ids, so that what was accepted once is recorded once: the stores stay as they are, and with them
    what a query reads into memory. So memory is flat from lap to lap once it is warm.
    """
    result = Result()
    async with connect(system.nats_url, 30, system.folder, system.login("door")) as client:
        pools = await stage(client)
        pids = {name: process.pid for name, process in system.processes.items()}
        before = {name: system.log_file(name).stat().st_size for name in SERVICES}
        asking = Asking(system, result, said)
        await asking.open()
        began = time.monotonic()
        await asking.ask_all(Requests(seed, pools).draw(requests))
        for _ in range(laps):
            await asking.ask_all(map(_with_id, Requests(seed, pools).draw(LAP)))
            result.resident.append({name: _resident(pids[name]) for name in SERVICES})
        result.seconds = time.monotonic() - began
        await asking.close()
        await settle(client.acting(AUDITOR))
    for name in SERVICES:
        _judge(system, name, pids[name], before[name], result)
        if laps and result.grown(name) > MOST_GROWN:
            result.troubles.append(f"{name} has grown by {result.grown(name)} bytes when warm")
    return result


def _with_id(request: Request) -> Request:
    """The request with a command id of its own, unless it brings one."""
    ids = {COMMAND_ID: f"lap-{request.number}"}
    return replace(request, headers=ids | request.headers)


def _judge(system: Deployment, name: str, pid: int, offset: int, result: Result) -> None:
    process = system.processes[name]
    if process.poll() is not None or process.pid != pid:
        result.troubles.append(f"{name} has ended")
        return
    if failing := system.failing(name):
        result.troubles.append(f"{name} is not ready: {failing}")
    with system.log_file(name).open("rb") as log:
        log.seek(offset)
        lines = log.read().decode(errors="replace").splitlines()
    faults = [line for line in lines if any(fault in line for fault in FAULTS)]
    result.troubles += [f"{name} logs {line[:600]}" for line in faults[:5]]


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


class Asking:
    """Sends requests as their senders would, and looks at each answer."""

    def __init__(self, system: Deployment, result: Result, said: Callable[[int], None]) -> None:
        self._system = system
        self._result = result
        self._said = said
        self._issuer = Issuer(system.folder)
        self._connection = Connection()
        self._inbox = ""
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    async def open(self) -> None:
        """One connection, as a guest: whoever reaches the broker can do what it does."""
        self._connection = await nats.connect(self._system.nats_url, max_reconnect_attempts=-1)
        self._inbox = self._connection.new_inbox()

        async def answered(message: Any) -> None:
            waiting = self._waiting.pop(message.subject.rpartition(".")[2], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message.data)

        await self._connection.subscribe(f"{self._inbox}.*", cb=answered)

    async def close(self) -> None:
        await self._connection.close()

    async def ask_all(self, requests: Iterable[Request]) -> None:
        """Some at once."""
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one(request: Request) -> None:
            try:
                await self.ask(request)
            finally:
                gate.release()

        async with asyncio.TaskGroup() as group:
            for request in requests:
                await gate.acquire()
                group.create_task(one(request))

    async def ask(self, request: Request) -> None:
        """Unavailable may pass by itself, so it is asked again; what stays is a trouble."""
        for attempt in range(AGAIN):
            data = await self._answer(request)
            if request.is_servers:
                code = SILENCE
                if data is not None:
                    return self._trouble(request, f"answered with {data[:100]!r}")
                break
            if data is None:
                return self._trouble(request, f"no answer within {ANSWER_SECONDS:g} s")
            try:
                answer = json.loads(data)
                code = "ok" if answer["ok"] else str(answer["error"]["code"])
            except (ValueError, KeyError, TypeError):
                return self._trouble(request, f"answered with {data[:100]!r}")
            if code != "Unavailable":
                break
            await asyncio.sleep(0.2 * (attempt + 1))
        self._result.requests += 1
        self._result.codes[code] += 1
        self._said(self._result.requests)
        if code == "ok":
            self._result.accepted[request.subject] += 1
        if code in {"Unavailable", "Failed"} or (code != "ok" and not CODE.fullmatch(code)):
            self._trouble(request, f"{code}: {answer['error']['message']}")
        return None

    async def _answer(self, request: Request) -> bytes | None:
        token = f"{request.number}"
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[token] = waiting
        reply = f"{self._inbox}.{token}"
        if request.raw_headers is not None:
            await send_raw(
                self._connection, request.subject, reply, request.raw_headers, request.body
            )
        else:
            headers = {AUTHORIZATION: self._authorization(request), **request.headers}
            await self._connection.publish(
                request.subject,
                request.body,
                reply,
                headers={n: v for n, v in headers.items() if v},
            )
        try:
            seconds = SILENCE_SECONDS if request.is_servers else ANSWER_SECONDS
            return await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            self._waiting.pop(token, None)
            return None

    def _authorization(self, request: Request) -> str:
        if request.authorization is not None:
            return request.authorization
        if request.claims is None:
            return f"Bearer {self._issuer.token(SignIn.parse(request.who))}"
        return f"Bearer {signed(self._issuer, request.who, request.claims)}"

    def _trouble(self, request: Request, what: str) -> None:
        more = str(request.headers or request.claims or request.raw_headers or "")
        self._result.troubles.append(
            f"#{request.number} {request.kind} {request.subject} as {request.who}: {what};"
            f" {more[:MOST_TOLD]} {request.body[:MOST_TOLD]!r}"
        )


def told(troubles: Sequence[str], most: int = 12) -> str:
    """For people."""
    return "\n".join(troubles[:most]) + (
        f"\nand {len(troubles) - most} more" if len(troubles) > most else ""
    )
