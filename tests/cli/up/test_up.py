"""`siko up` runs the whole system from real processes, and leaves nothing but its data."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import nats
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from siko.addresses import kept_for_us, ports

from tests.cli.up.conftest import System

SERVICES = {"scheduler", "invitations", "agenda", "reporting"}
STARTS = 3
"""So often a start may be tried until one is fast enough: the machine has other work too."""


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def seconds_to_ready(system: Any) -> float:
    found = re.search(r"siko is ready after ([\d.]+) s", system.said())
    assert found is not None
    return float(found[1])


def test_the_system_is_ready_in_under_6_seconds(system: Any, tmp_path: Path, running: Any) -> None:
    seconds = [seconds_to_ready(system)]
    while seconds[-1] >= 6 and len(seconds) < STARTS:
        with running(tmp_path / str(len(seconds))) as another:
            seconds.append(seconds_to_ready(another))

    assert min(seconds) < 6


def test_the_addresses_are_printed_and_all_answer(system: Any) -> None:
    services = system.run()["services"]

    assert set(services) == SERVICES
    for service in services.values():
        assert service["url"] in system.said()
        assert answers(service["url"])
    assert system.run()["nats_url"] in system.said()
    assert system.run()["pid"] == system.process.pid
    assert system.run()["portal_url"] is None


def test_every_process_writes_a_log_of_its_own(system: Any) -> None:
    logs = {file.stem for file in (system.folder / "logs").iterdir() if file.stat().st_size}

    assert logs == SERVICES | {"nats-server", "topology"}


def test_the_streams_are_there_when_the_system_is_ready(system: Any) -> None:
    planned = system.siko("topology", "plan", "--output", "json")

    assert json.loads(planned.stdout) == {"differences": []}


def test_a_killed_service_is_restarted_and_its_new_process_written_down(system: Any) -> None:
    before = system.pids()
    os.kill(before["agenda"], signal.SIGKILL)

    system.until(lambda: system.pids()["agenda"] != before["agenda"])
    system.until(lambda: "agenda is ready again" in system.said())

    assert "agenda was ended by signal 9 (Killed); restarted in 0.2 s" in system.said()
    assert answers(system.run()["services"]["agenda"]["url"])
    assert {**system.pids(), "agenda": 0} == {**before, "agenda": 0}


def test_a_killed_broker_comes_back_at_its_address_and_the_services_find_it(system: Any) -> None:
    before = system.run()
    os.kill(before["nats_pid"], signal.SIGKILL)

    system.until(lambda: system.run()["nats_pid"] != before["nats_pid"])
    system.until(lambda: "nats-server is ready again" in system.said())
    system.until(lambda: all(answers(each["url"]) for each in before["services"].values()))

    assert system.run() | {"nats_pid": 0} == before | {"nats_pid": 0}


def test_a_second_system_in_the_same_folder_is_refused(system: Any, siko: Any) -> None:
    refused = siko("up", "--port", "0", "--data", str(system.folder))

    assert refused.returncode == 3
    assert refused.stderr == (
        f"DataFolderInUse: another `siko up` (process {system.process.pid}) uses {system.folder};"
        " stop it, or choose another folder with --data DIR\n"
    )
    assert system.run()["pid"] == system.process.pid


def test_a_second_system_runs_beside_it_in_a_folder_of_its_own(
    system: Any, tmp_path: Path, running: Any
) -> None:
    with running(tmp_path / "second") as second:
        assert set(second.pids().values()).isdisjoint(system.pids().values())
        assert second.run()["nats_url"] != system.run()["nats_url"]


def test_ctrl_c_stops_everything_and_a_restart_keeps_everything(
    tmp_path: Path, running: Any, lives: Any
) -> None:
    registered = (
        "authority_id=pp-koeln",
        "name=Köln",
        "kind=polizeipraesidium",
        "district=bezreg-koeln",
        "valid_from=2007-01-01",
    )
    with running(tmp_path / "data") as first:
        sent = first.siko("send", "scheduler", "register_authority", *registered)
        assert sent.returncode == 0, sent.stderr
        before = first.siko("history", "pp-koeln", "--output", "jsonl").stdout
        pids = first.pids()

        assert first.end(signal.SIGINT) == 0

    assert not any(map(lives, pids.values()))
    assert not (first.folder / "run.json").exists()
    assert first.said().endswith("siko has stopped\n")
    assert "restarted" not in first.said()
    assert before
    with running(tmp_path / "data") as second:
        assert second.siko("history", "pp-koeln", "--output", "jsonl").stdout == before
        assert second.end(signal.SIGTERM) == 0


def test_told_to_stop_as_soon_as_it_is_ready_it_stops(tmp_path: Path) -> None:
    """While it asks for the day of the manual clock; four times, because not each cancellation is lost."""
    for name in ("first", "second", "third", "fourth"):
        system = System(tmp_path / name, (), SIKO_CLOCK="manual")
        try:
            while not (system.folder / "run.json").exists():
                time.sleep(0.002)
            began = time.monotonic()
            assert system.end(signal.SIGTERM) == 0
            assert time.monotonic() - began < 8
        finally:
            system.process.kill()


def test_a_second_ctrl_c_kills_what_does_not_stop(tmp_path: Path, running: Any, lives: Any) -> None:
    with running(tmp_path / "data") as system:
        pids = system.pids()
        os.kill(pids["scheduler"], signal.SIGSTOP)
        system.process.send_signal(signal.SIGINT)
        system.until(lambda: not lives(pids["agenda"]))

        began = time.monotonic()
        assert system.end(signal.SIGINT) == 130

    assert time.monotonic() - began < 5
    assert not any(map(lives, pids.values()))


def test_nothing_outlives_a_killed_supervisor_and_its_folder_is_free(
    tmp_path: Path, running: Any, lives: Any
) -> None:
    with running(tmp_path / "data") as system:
        pids = system.pids()
        system.end(signal.SIGKILL)

    deadline = time.monotonic() + 5
    while any(map(lives, pids.values())):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert system.siko("topology", "plan").returncode == 3
    with kept_for_us(tmp_path / "data"):
        assert not (tmp_path / "data" / "run.json").exists()


def test_a_taken_port_is_named_with_what_to_try(tmp_path: Path, siko: Any) -> None:
    (base,) = ports(0, 1)
    with socket.create_server(("127.0.0.1", base)):
        refused = siko("up", "--port", str(base), "--data", str(tmp_path))

    assert refused.returncode == 3
    assert refused.stderr == (
        f"PortTaken: port {base} is taken; siko needs {base} to {base + 5}: free it, or choose"
        " others with --port N (--port 0: any that are free)\n"
    )


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, siko: Any) -> None:
    (tmp_path / "file").touch()

    refused = siko("up", "--port", "0", "--data", str(tmp_path / "file" / "data"))

    assert refused.returncode == 3
    assert refused.stderr == (
        f"DataFolderNotWritable: {tmp_path}/file/data: Not a directory;"
        " choose another folder with --data DIR\n"
    )


def test_a_setting_that_services_refuse_ends_the_start_with_what_they_said(
    tmp_path: Path, siko: Any
) -> None:
    refused = siko("up", "--port", "0", "--data", str(tmp_path), SIKO_CLOKC="manual")

    assert refused.returncode == 2
    assert "did you mean SIKO_CLOCK" in refused.stderr
    assert refused.stderr.count("CannotStart: ") == 1
    assert not (tmp_path / "run.json").exists()


def test_a_folder_begun_under_the_manual_clock_is_refused_under_the_systems(
    tmp_path: Path, running: Any, siko: Any
) -> None:
    with running(tmp_path / "data", SIKO_CLOCK="manual") as system:
        assert re.search(r"^clock +manual, at 01\.01\.2007 00:00$", system.said(), re.MULTILINE)

    refused = siko("up", "--port", "0", "--data", str(tmp_path / "data"), SIKO_CLOCK="system")

    assert refused.returncode == 3
    assert "the store was begun with SIKO_CLOCK=manual" in refused.stderr


def test_a_wiped_stream_is_made_again_and_filled_again(system: Any) -> None:
    authority = (
        "authority_id=pp-bonn",
        "name=Bonn",
        "kind=polizeipraesidium",
        "district=bezreg-koeln",
        "valid_from=2007-01-01",
    )
    assert system.siko("send", "scheduler", "register_authority", *authority).returncode == 0

    async def wipe_and_wait() -> None:
        client = await nats.connect(system.run()["nats_url"])
        jetstream = client.jetstream()

        async def messages() -> int:
            return (await jetstream.stream_info("SIKO_SCHEDULER")).state.messages

        deadline = time.monotonic() + 15
        while not (before := await messages()):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        # nobody has the right to do it over the bus
        shutil.rmtree(system.folder / "nats/jetstream/SIKO/streams/SIKO_SCHEDULER")
        os.kill(system.pids()["nats-server"], signal.SIGKILL)
        while True:
            with suppress(NotFoundError, NatsError):
                if await messages() >= before:
                    break
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await client.close()

    asyncio.run(wipe_and_wait())
    assert "SIKO_SCHEDULER" in (system.folder / "logs" / "topology.log").read_text()
