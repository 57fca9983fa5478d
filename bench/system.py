"""The whole system as `siko up` runs it: time until it is ready, latency from command to view, cost when idle."""

import asyncio
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import nats
from siko.client import connect
from siko.quiescence import settle
from siko.roles import IMPORT
from siko_contracts.answers import Answer

from bench.flow import clear_streams
from bench.machine import Machine
from bench.processes import BIN, services
from bench.rows import Row, median, percentile
from bench.scheduler import SECRETARIAT

SERVICES = ("scheduler", "invitations", "agenda", "reporting")
ROUNDS = 5
COMMANDS = 200
MONTHS = (2, 3, 6, 7, 8, 9)
SETTLE_SECONDS = 3.0
IDLE_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def system() -> Iterator[tuple[dict[str, Any], Path, float]]:
    """Run a system; yield its `run.json`, its folder, and the seconds until it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        up = subprocess.Popen(
            [BIN / "siko", "up", "--data", folder, "--port", "0"],
            env=os.environ | {"SIKO_CLOCK": "manual"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not (Path(folder) / "run.json").exists():
                if up.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError("siko up did not come up")
                time.sleep(0.01)
            seconds = time.perf_counter() - began
            yield json.loads((Path(folder) / "run.json").read_text()), Path(folder), seconds
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(30)


def start(_machine: Machine) -> list[Row]:
    """Seconds from `siko up` on an empty folder until every service is ready."""
    seconds = []
    for _ in range(ROUNDS):
        with system() as (*_, took):
            seconds.append(took)
    took = median(seconds)
    return [Row("start", "sqlite", took, None, "s")]


def help_(_machine: Machine) -> list[Row]:
    """Seconds of `siko --help`."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([BIN / "siko", "--help"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    took = median(seconds)
    return [Row("help", "-", took, None, "s")]


def command_to_view(_machine: Machine) -> list[Row]:
    """Milliseconds from a command to its effect in reporting's view, one at a time on an idle system."""
    with system() as (run, folder, _):
        milliseconds = asyncio.run(_seen(run["nats_url"], folder))
    p50 = percentile(milliseconds, 0.5)
    return [Row("command_to_view_p50", "sqlite", p50, None, "ms")]


async def _seen(url: str, folder: Path) -> list[float]:
    async with connect(url, folder=folder) as connected:
        register, client = connected.acting(IMPORT), connected.acting(SECRETARIAT)
        await _ask(register, "register_authority", authority_id="pp-koeln", name="Polizeipräsidium Köln",
                   kind="polizeipraesidium", district="br-koeln", valid_from="2007-01-01")  # fmt: skip
        await _ask(
            register, "assign_area", authority_id="pp-koeln", area="Köln", valid_from="2007-01-01"
        )
        await settle(client)
        milliseconds = []
        for day in tuesdays(COMMANDS):
            began = time.perf_counter()
            answer = await _ask(client, "schedule_conference", authority_id="pp-koeln", kind="siko",
                                areas=["Köln"], starts_at=f"{day}T10:00:00+01:00", place="Köln",
                                override_reason="it may be a school holiday")  # fmt: skip
            await client.view(
                "reporting",
                "conference",
                conference_id=answer.id,
                at_least={"scheduler": answer.position},
            )
            milliseconds.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)
        return milliseconds


def tuesdays(number: int) -> list[date]:
    """Generate days on which a conference may be held, for years: in months without a public holiday on a Tuesday."""
    days = (date(2025, 1, 7) + timedelta(days=7 * week) for week in count())
    return list(islice((day for day in days if day.month in MONTHS), number))


async def _ask(client: Any, command: str, **fields: Any) -> Answer:
    answer = await client.command("scheduler", command, fields)
    if not isinstance(answer, Answer):
        raise TypeError(answer)
    return answer


def at_rest(machine: Machine) -> list[Row]:
    """CPU of all services together while idle, and the memory of the largest."""
    with system() as (run, *_):
        rows = _at_rest("sqlite", [service["pid"] for service in run["services"].values()])
    asyncio.run(_apply_topology(machine.nats_url))
    databases = {name: machine.database("postgresql") for name in SERVICES}
    with services(machine.nats_url, databases, machine.new_folder()) as running:
        return rows + _at_rest("postgresql", [process.pid for process in running.values()])


def _at_rest(engine: str, pids: list[int]) -> list[Row]:
    time.sleep(SETTLE_SECONDS)
    before = sum(map(_cpu_seconds, pids))
    time.sleep(IDLE_SECONDS)
    cpu = 100 * (sum(map(_cpu_seconds, pids)) - before) / IDLE_SECONDS
    return [
        Row("idle_cpu", engine, cpu, None, "% of a core"),
        Row("memory", engine, max(map(_megabytes, pids)), None, "MB"),
    ]


async def _apply_topology(nats_url: str) -> None:
    client = await nats.connect(nats_url)
    await clear_streams(client)
    await client.close()


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return (
        int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
        / 1024
    )
