"""A service as a process: its pages tell the truth, and it ends with one clear line where it cannot begin."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.js.api import StreamConfig
from siko_core.process import cancel

from tests.core.messages import SCHEDULER
from tests.core.toy import COMMANDS
from tests.core.waiting import until


@pytest.fixture
def database_url(tmp_path):
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
async def http():
    async with httpx.AsyncClient(timeout=10) as client:
        yield client


async def page(http: httpx.AsyncClient, running: Any, path: str) -> tuple[int, Any]:
    answer = await http.get(running.url + path)
    return answer.status_code, answer.json()


async def test_a_service_that_can_work_says_so(start_process, client, http):
    running = await start_process()
    assert await page(http, running, "/livez") == (200, {"ok": True})
    assert await page(http, running, "/readyz") == (200, {"ok": True, "failing": {}})
    metrics = await http.get(running.url + "/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'siko_writer_jobs_total{service="scheduler"}' in metrics.text
    assert (await http.get(running.url + "/nowhere")).status_code == 404
    assert running.stop() == 0


async def test_without_a_broker_it_lives_and_is_not_ready_and_recovers(
    start_process, client, http, nats_server
):
    running = await start_process()
    nats_server.kill()
    assert await page(http, running, "/livez") == (200, {"ok": True})
    status, document = await page(http, running, "/readyz")
    assert status == 503
    assert document["ok"] is False
    assert list(document["failing"]) == ["nats"]
    nats_server.start()

    async def is_ready() -> bool:
        return (await page(http, running, "/readyz"))[0] == 200

    await until(is_ready)
    assert running.process.poll() is None


async def test_it_is_not_ready_while_the_topology_is_missing_or_has_drifted(
    start_process, client, http
):
    running = await start_process()
    jetstream = client.jetstream()
    wanted = (await jetstream.stream_info(SCHEDULER)).config
    await jetstream.delete_stream(SCHEDULER)
    status, document = await page(http, running, "/readyz")
    assert status == 503
    assert SCHEDULER in document["failing"]["topology"]
    assert "siko topology apply" in document["failing"]["topology"]
    await jetstream.add_stream(StreamConfig(name=SCHEDULER, subjects=wanted.subjects, max_msgs=10))
    status, document = await page(http, running, "/readyz")
    assert status == 503
    assert SCHEDULER in document["failing"]["topology"]


async def test_the_document_lists_every_command_query_and_event(start_process, client, http):
    running = await start_process()
    status, document = await page(http, running, "/asyncapi.json")
    assert status == 200
    assert document["asyncapi"].startswith("3.")
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses >= {f"siko.command.scheduler.{command.NAME}" for command in COMMANDS}
    assert addresses >= {"siko.query.scheduler.history", "siko.query.scheduler.log"}
    assert addresses >= {
        "siko.event.scheduler.conference_cancelled.v1.{authority_id}",
        "siko.event.scheduler.recorded.v1.{authority_id}",
    }
    schemas = document["components"]["schemas"]
    assert {"Answer", "Refusal", "conference_cancelled.v1"} <= set(schemas)
    assert "note_id" in str(schemas)


async def test_a_wrong_setting_ends_the_start_with_one_line(start_process):
    running = await start_process(until_ready=False, SIKO_CLOK="manual")
    assert running.process.wait(20) == 2
    assert running.said() == "siko-scheduler: SIKO_CLOK is no setting; did you mean SIKO_CLOCK?\n"


async def test_a_broker_that_is_away_ends_the_start(start_process, nats_server):
    nats_server.kill()
    running = await start_process(until_ready=False)
    assert running.process.wait(20) == 3
    *_, line = running.said().splitlines()
    assert nats_server.url in line
    assert "SIKO_NATS_URL" in line


async def test_a_port_that_is_taken_ends_the_start(start_process):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        running = await start_process(until_ready=False, SIKO_HTTP_PORT=port)
        assert running.process.wait(20) == 3
    (line,) = running.said().splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "SIKO_HTTP_PORT" in line


async def test_a_store_begun_under_another_clock_ends_the_start(start_process, client):
    assert (await start_process()).stop() == 0
    running = await start_process(until_ready=False, SIKO_CLOCK="system")
    assert running.process.wait(20) == 3
    (line,) = running.said().splitlines()
    assert "SIKO_CLOCK=manual" in line


async def test_what_is_in_flight_is_answered_before_a_service_stops(start_process, client):
    """Twenty commands have been sent when the process is told to stop: each is answered, or nobody took it."""
    running = await start_process()
    asked = [
        asyncio.create_task(client.request("siko.command.scheduler.write_note", b"{}", timeout=5))
        for _ in range(20)
    ]
    await client.flush()
    assert await asyncio.to_thread(running.stop) == 0
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome).__name__ for outcome in outcomes} <= {"Msg", "NoRespondersError"}
    assert sum(type(outcome).__name__ == "Msg" for outcome in outcomes) > 0


async def test_a_task_whose_cancellation_was_lost_is_cancelled_again(monkeypatch):
    """As `wait_for` of Python 3.11 loses one that comes together with the result."""
    monkeypatch.setattr("siko_core.process.CANCEL_AGAIN_SECONDS", 0.05)
    lost: list[int] = []

    async def lose_two() -> None:
        while len(lost) < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost.append(1)
        await asyncio.sleep(60)

    async def fail() -> None:
        raise ZeroDivisionError

    tasks = [asyncio.create_task(lose_two()), asyncio.create_task(fail())]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await cancel(tasks)
    assert len(lost) == 2
    assert all(task.done() for task in tasks)


@pytest.mark.parametrize(
    ("program", "argument", "cure"),
    [
        ("siko-scheduler", "recover-all", "`recover`"),
        ("siko-reporting", "recover", "with an empty database it follows everything anew"),
    ],
)
def test_an_argument_that_a_service_does_not_know_ends_it_with_what_it_knows(
    program, argument, cure
):
    """Not a start: whoever wanted something else would have a second replica."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program), argument],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{program}: unknown argument '{argument}': ")
    assert cure in done.stderr
