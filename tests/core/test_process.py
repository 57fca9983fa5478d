"""A service as a process: its pages tell the truth, and it ends with one clear line where it cannot begin."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from nats.js.api import StreamConfig
from siko_contracts import schemas
from siko_core.broker import topology

from tests.conftest import TEST_DATABASE
from tests.core.between import Between, pass_on
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


async def is_ready(http: httpx.AsyncClient, running: Any) -> bool:
    return (await page(http, running, "/readyz"))[0] == 200


@asynccontextmanager
async def away_at_first(
    postgres_url: str,
) -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """An address of this database at which nobody answers before the second is called."""
    folder = postgres_url.partition("host=")[2]
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        await asyncio.gather(pass_on(reader, server[1]), pass_on(server[0], writer))

    listening: list[asyncio.Server] = []

    async def comes_back() -> None:
        listening.append(await asyncio.start_server(forward, "127.0.0.1", port))

    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/{TEST_DATABASE}", comes_back
    finally:
        for each in listening:
            each.close()


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
    await until(lambda: is_ready(http, running))
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
    documented = document["components"]["schemas"]
    assert {"Answer", "Refusal", "ConferenceCancelled"} <= set(documented)
    assert "note_id" in str(documented)


async def test_the_schema_of_an_event_is_served_as_it_is_committed(start_process, client, http):
    running = await start_process()
    answer = await http.get(f"{running.url}/schemas/conference_cancelled.v1")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.content == (schemas.FOLDER / "conference_cancelled.v1.json").read_bytes()
    assert (await http.get(f"{running.url}/schemas/topic_submitted.v1")).status_code == 404


async def test_a_wrong_setting_ends_the_start_with_one_line(start_process):
    running = await start_process(until_ready=False, SIKO_CLOK="manual")
    assert running.process.wait(20) == 2
    assert running.said() == "siko-scheduler: SIKO_CLOK is no setting; did you mean SIKO_CLOCK?\n"


async def test_a_service_waits_at_its_start_for_a_broker_that_is_away(
    start_process, http, nats_server
):
    nats_server.kill()
    running = await start_process(until_ready=False)
    await until(lambda: "nats_waits" in running.said())
    (line,) = (line for line in running.said().splitlines() if "nats_waits" in line)
    assert nats_server.url in line
    assert "SIKO_NATS_URL" in line
    assert await page(http, running, "/livez") == (200, {"ok": True})
    assert await is_ready(http, running) is False
    nats_server.start()
    connection = await nats.connect(nats_server.url)
    await topology.apply(connection)
    await until(lambda: is_ready(http, running))
    assert await connection.request("siko.command.scheduler.write_note", b"{}")
    await connection.close()
    assert running.stop() == 0


async def test_a_service_waits_at_its_start_for_a_database_that_is_away(
    start_process, client, http, postgres_url
):
    async with away_at_first(postgres_url) as (url, comes_back):
        running = await start_process(until_ready=False, SIKO_DATABASE_URL=url)
        await until(lambda: "store_waits" in running.said())
        assert "SIKO_DATABASE_URL" in running.said()
        assert await page(http, running, "/livez") == (200, {"ok": True})
        status, document = await page(http, running, "/readyz")
        assert status == 503
        assert "waiting for its databases" in document["failing"]["store"]
        await comes_back()
        await until(lambda: is_ready(http, running))
        assert await client.request("siko.command.scheduler.write_note", b"{}")
        assert running.stop() == 0


@pytest.mark.parametrize("away", ["broker", "database"])
async def test_a_service_that_waits_at_its_start_stops_at_once(
    start_process, nats_server, postgres_url, away
):
    async with away_at_first(postgres_url) as (url, _):
        if away == "broker":
            nats_server.kill()
        given = {"SIKO_DATABASE_URL": url} if away == "database" else {}
        running = await start_process(until_ready=False, **given)
        await until(lambda: "nats_error" in running.said() or "store_waits" in running.said())
        began = time.monotonic()
        assert await asyncio.to_thread(running.stop) == 0
        assert time.monotonic() - began < 2


async def test_a_database_that_refuses_us_ends_the_start(start_process, client, postgres_url):
    """It is there, so waiting would not help."""
    unknown = postgres_url.replace(TEST_DATABASE, "nowhere")
    running = await start_process(until_ready=False, SIKO_DATABASE_URL=unknown)
    assert await asyncio.to_thread(running.process.wait, 20) == 3
    (line,) = running.said().splitlines()
    assert 'database "nowhere" does not exist' in line
    assert "SIKO_DATABASE_URL" in line


async def test_a_broker_that_refuses_the_login_ends_the_start(start_process, nats_server):
    wire = Between(nats_server.port)
    wire.refusal = b"-ERR 'Authorization Violation'\r\n"
    async with wire.listening() as url:
        running = await start_process(until_ready=False, SIKO_NATS_URL=url)
        assert await asyncio.to_thread(running.process.wait, 20) == 3
    assert "NATS refuses the login" in running.said().splitlines()[-1]


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
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{program}: unknown argument '{argument}': ")
    assert cure in done.stderr
