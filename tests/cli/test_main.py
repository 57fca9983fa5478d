"""`siko` helps at once, fails in one clear line, and ends with a code that programs can judge by."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SIKO = Path(sys.executable).parent / "siko"
HEAVY = {"siko_core", "pydantic", "nats", "rich", "asyncio", "sqlalchemy"}
COMMANDS = [
    "up",
    "demo",
    "send",
    "query",
    "history",
    "replay",
    "import nrw",
    "topology plan",
    "topology apply",
    "doctor",
    "dead-letters list",
    "dead-letters show",
    "dead-letters replay",
    "dead-letters discard",
]
CLIENT_COMMANDS = [
    "demo",
    "send scheduler cancel_conference conference_id=x reason=y",
    "query reporting compliance",
    "history pp-koeln",
    "replay scheduler",
    "import nrw",
    "topology plan",
    "doctor",
    "dead-letters list",
    "dead-letters show scheduler.17",
    "dead-letters replay scheduler.17",
    "dead-letters discard scheduler.17 --reason x",
]


def siko(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIKO_")}
    return subprocess.run(
        [SIKO, *arguments],
        check=False,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_takes_under_0_4_seconds() -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert siko("--help").returncode == 0
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.4


def test_help_imports_nothing_that_takes_time() -> None:
    asked = (
        "import sys, siko.main;"
        f" print(*sorted({HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}}))"
    )
    imported = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True
    )

    assert imported.stdout.split() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = siko(*command.split(), "--help")

    assert shown.returncode == 0
    assert f"siko {command}" in shown.stdout.partition("Examples:")[2]


def test_the_version_is_shown() -> None:
    shown = siko("--version")

    assert shown.returncode == 0
    assert shown.stdout.strip().replace(".", "").isdigit()


@pytest.mark.parametrize(
    "arguments",
    [["unknown"], ["up", "--port", "x"], ["up", "--port", "65531"], ["up", "--exit"], ["send"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    refused = siko(*arguments)

    assert refused.returncode == 2
    assert "Usage: siko" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("command", CLIENT_COMMANDS)
def test_without_a_system_every_client_command_says_what_to_start(
    command: str, tmp_path: Path
) -> None:
    refused = siko(*command.split(), "--data", str(tmp_path))

    assert refused.returncode == 3
    assert refused.stdout == ""
    assert refused.stderr == (
        f"Unreachable: no siko is running in {tmp_path}; start `siko up`, or name its data folder"
        " with --data, or its broker with SIKO_NATS_URL\n"
    )


def test_a_broker_that_does_not_answer_is_named() -> None:
    refused = siko("topology", "plan", SIKO_NATS_URL="nats://127.0.0.1:1")

    assert refused.returncode == 3
    assert refused.stderr.startswith("Unreachable: no NATS at nats://127.0.0.1:1: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [b"query", b"reporting", b"conferences", b"state=\xff"],
        [b"send", b"scheduler", b"plan_year", b"--actor", b"a\xffb@c"],
        [b"history", b"\xc3\x28"],
        [b"login", b"--as", b"auditor\xff"],
        [b"dead-letters", b"show", b"\xff"],
        [b"up", b"--data", b"/tmp/\xff"],
        [b"\xff"],
        [b"--\xff"],
    ],
    ids=lambda arguments: arguments[0].decode(errors="replace"),
)
def test_arguments_that_are_no_utf_8_end_in_one_clear_line(arguments: list[bytes]) -> None:
    ended = subprocess.run([SIKO, *arguments], check=False, capture_output=True)

    assert ended.returncode == 2
    assert ended.stdout == b""
    lines = ended.stderr.decode().splitlines()
    assert lines[0] == f"WrongUsage: argument {len(arguments)}: not UTF-8"
    assert len(lines) == 2


def test_a_setting_that_is_no_utf_8_is_named() -> None:
    environment = {**os.environb, b"SIKO_DATA": b"/tmp/\xff"}
    ended = subprocess.run(
        [SIKO, "query", "reporting", "conferences"],
        check=False,
        capture_output=True,
        env=environment,
    )

    assert (ended.returncode, ended.stderr.decode().splitlines()[0]) == (
        2,
        "WrongUsage: SIKO_DATA: not UTF-8",
    )


def test_a_file_that_nests_without_end_is_refused_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "command.json"
    for text in ("[" * 100_000, '{"reason": ' + "[" * 100_000):
        file.write_text(text)
        ended = siko("send", "scheduler", "plan_year", "--json", str(file))
        assert ended.returncode == 2
        assert "is no JSON" in ended.stderr
        assert "Traceback" not in ended.stderr
