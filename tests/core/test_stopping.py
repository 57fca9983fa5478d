"""A service stops within seconds whatever hangs, and does not live on where it could no longer work."""

import asyncio
import sqlite3
import subprocess
import sys
import time

import pytest
from siko_contracts.exit_codes import START_ANEW
from siko_core.process import process

from tests.core.waiting import until

WRITE = "siko.command.scheduler.write_note"


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


async def test_it_stops_in_order_while_the_broker_is_away(start_process, nats_server, client):
    running = await start_process()
    nats_server.kill()
    await until(lambda: "nats_disconnected" in running.said())

    began = time.monotonic()
    assert await asyncio.to_thread(running.stop) == 0

    assert time.monotonic() - began < process.STOP_SECONDS
    assert "Traceback" not in running.said()
    nats_server.start()


async def test_it_stops_in_time_while_the_database_hangs(start_process, client, tmp_path):
    """Somebody holds the write lock: the writer's thread waits in the database, and cannot be stopped."""
    running = await start_process()
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await client.publish(WRITE, b"{}")
    await client.flush()
    await asyncio.sleep(0.5)

    began = time.monotonic()
    assert await asyncio.to_thread(running.stop) == 0

    assert time.monotonic() - began < process.STOP_SECONDS + 2
    assert "stopped_late" in running.said()
    other.close()


def run(code: str) -> subprocess.CompletedProcess[str]:
    imports = "import asyncio\nfrom siko_core.broker import connection\nfrom siko_core.process import process"
    program = f"{imports}\n{code}"
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_background_task_that_ends_takes_the_process_along():
    done = run("""
async def fails():
    raise ZeroDivisionError

async def main():
    tasks = [asyncio.create_task(asyncio.sleep(60)), asyncio.create_task(fails(), name="relay")]
    await process._until_stopped(asyncio.Event(), tasks)

asyncio.run(main())
""")
    assert done.returncode == START_ANEW
    assert "task_ended" in done.stdout
    assert "ZeroDivisionError" in done.stdout


def test_a_client_that_is_closed_for_good_takes_the_process_along(nats_server):
    done = run(f"""
async def main():
    client = await connection.connect_for_ever("{nats_server.url}", "test")
    await client.close()
    await asyncio.sleep(60)

asyncio.run(main())
""")
    assert done.returncode == START_ANEW
    assert "nats_closed" in done.stdout


def test_a_loop_that_hangs_takes_the_process_along():
    done = run("""
import time
process.HANGING_SECONDS = 0.6

async def main():
    process._watch_loop(asyncio.get_running_loop())
    await asyncio.sleep(1)  # the loop runs: nothing happens
    print("it hangs now", flush=True)
    time.sleep(60)

asyncio.run(main())
""")
    assert done.returncode == START_ANEW
    assert "it hangs now" in done.stdout
    assert "most recent call first" in done.stderr  # where each thread stood


def test_a_loop_that_runs_is_left_alone():
    done = run("""
process.HANGING_SECONDS = 0.6

async def main():
    process._watch_loop(asyncio.get_running_loop())
    await asyncio.sleep(2)

asyncio.run(main())
""")
    assert done.returncode == 0


def test_a_process_that_was_frozen_is_left_alone():
    """A machine that stood still, or gave no time to anybody: the loop had none either."""
    done = run("""
import os, subprocess
process.HANGING_SECONDS = 0.6

async def main():
    process._watch_loop(asyncio.get_running_loop())
    me = os.getpid()
    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -STOP {me}; sleep 2; kill -CONT {me}"])
    await asyncio.sleep(4)

asyncio.run(main())
""")
    assert done.returncode == 0
