"""`siko topology` shows and makes the streams on a real broker."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from siko.addresses import HOST, ports
from siko.broker import hindrance, write_configuration
from siko.output import Failure, Output
from siko.supervisor import executable
from siko.topology import apply, plan


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a broker without streams, which the commands find."""
    (port,) = ports(0, 1)
    url = f"nats://{HOST}:{port}"
    monkeypatch.setenv("SIKO_NATS_URL", url)
    configuration = write_configuration(tmp_path, port)
    monkeypatch.setenv("SIKO_NATS_CREDENTIALS_FILE", f"{tmp_path}/logins/topology/credentials")
    server = subprocess.Popen(
        [executable("nats-server"), "-c", configuration], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 10
    while asyncio.run(hindrance(url)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield url
    server.terminate()
    server.wait()


def test_a_plan_changes_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert plan(Output.JSON, None) == 0
        differences = json.loads(capsys.readouterr().out)["differences"]
        assert [each["stream"] for each in differences] == [
            "SIKO_SCHEDULER",
            "SIKO_INVITATIONS",
            "SIKO_AGENDA",
            "SIKO_SIGNOUTS",
        ]


def test_apply_makes_the_streams_and_leaves_nothing_to_plan(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(Output.TABLE, None) == 0
    made = "made: SIKO_SCHEDULER, SIKO_INVITATIONS, SIKO_AGENDA, SIKO_SIGNOUTS"
    assert capsys.readouterr().out.splitlines()[-1] == made

    assert plan(Output.TABLE, None) == 0
    assert capsys.readouterr().out == "nothing to change\n"
    assert apply(Output.TABLE, None) == 0
    assert capsys.readouterr().out == "nothing was to change\n"


def test_apply_waits_for_a_broker_that_is_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = ports(0, 1)
    monkeypatch.setenv("SIKO_NATS_URL", f"nats://{HOST}:{port}")
    configuration = write_configuration(tmp_path, port)
    monkeypatch.setenv("SIKO_NATS_CREDENTIALS_FILE", f"{tmp_path}/logins/topology/credentials")
    late = subprocess.Popen(
        ["sh", "-c", f"sleep 0.5; exec '{executable('nats-server')}' -c '{configuration}'"],
        stderr=subprocess.DEVNULL,
    )
    try:
        assert apply(Output.TABLE, None) == 0
    finally:
        late.terminate()
        late.wait()


def test_apply_gives_up_on_a_broker_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = ports(0, 1)
    monkeypatch.setenv("SIKO_NATS_URL", f"nats://{HOST}:{port}")
    monkeypatch.setattr("siko.topology.PATIENCE_SECONDS", 0.3)

    with pytest.raises(Failure, match="Connection refused") as failed:
        apply(Output.TABLE, None)

    assert failed.value.exit_code == 3


def test_something_else_that_answers_is_no_broker() -> None:
    async def asked() -> str | None:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail.example.org\r\n")
            writer.close()

        server = await asyncio.start_server(greet, HOST, 0)
        async with server:
            return await hindrance(f"nats://{HOST}:{server.sockets[0].getsockname()[1]}")

    assert asyncio.run(asked()) == "what answers is no NATS server"


def test_a_watch_whose_login_stays_refused_ends_with_one_line(tmp_path: Path) -> None:
    (port,) = ports(0, 1)
    configuration = tmp_path / "closed.conf"
    configuration.write_text(
        f'listen: "{HOST}:{port}"\nauthorization {{ user: a, password: b }}\n', encoding="utf-8"
    )
    server = subprocess.Popen(
        [executable("nats-server"), "-c", configuration], stderr=subprocess.DEVNULL
    )
    try:
        watch = subprocess.run(
            [executable("siko"), "topology", "apply", "--watch"],
            env={"SIKO_NATS_URL": f"nats://{HOST}:{port}"},
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
    finally:
        server.terminate()
        server.wait()
    assert watch.returncode == 3
    assert "NATS refuses the login: see SIKO_NATS_CREDENTIALS_FILE" in watch.stderr.splitlines()[-1]
