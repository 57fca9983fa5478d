"""One line an event; what a loop says at every try while something is away is written twice a minute."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from siko_core.process import logs

ROOT = Path(__file__).parents[2]
SECRET = "Erika-Mustermann-0815"
LEVELS = {"debug", "info", "warning", "error", "exception"}


def written(code: str) -> list[dict]:
    """What a process of its own writes, a document a line."""
    program = (
        "import logging, structlog\nfrom siko_core.process import logs\nlogs.configure('scheduler', 'json')\n"
        f"log = structlog.get_logger()\nSECRET = {SECRET!r}\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert SECRET not in done.stderr + done.stdout
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_field_that_is_not_allowed_is_left_out_whoever_writes_it():
    subject = "siko.command.agenda.submit_topic"
    (line,) = written(f"log.info('refused', subject={subject!r}, title=SECRET, token=SECRET)")
    assert (line["event"], line["service"], line["subject"]) == ("refused", "scheduler", subject)
    assert line.keys() == {"event", "service", "subject", "level", "timestamp"}


def test_an_exception_is_told_by_kind_and_place_and_never_by_its_words():
    ours, librarys = written("""
def parse():
    try:
        int(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from error

try:
    parse()
except KeyError:
    log.exception("request_failed", subject="x")
    logging.getLogger("sqlalchemy").exception("cannot insert %s", SECRET)
""")
    assert ours["exception"] == librarys["exception"] == "KeyError < ValueError"
    assert ours["frames"][0].endswith("parse")


def test_of_what_a_library_logs_only_the_place_is_told():
    (line,) = written("logging.getLogger('nats.aio.client').error('cannot parse %s', SECRET)")
    assert (line["event"], line["logger"], line["level"]) == ("library", "nats.aio.client", "error")
    assert line["found_in"].partition(":")[0]


def test_of_a_value_that_is_no_plain_one_only_the_kind_is_told():
    (line,) = written("log.warning('relay_waits', reason=ValueError(SECRET), found={'a': SECRET})")
    assert (line["reason"], line["found"]) == ("ValueError", "dict")


def _fields(file: Path) -> set[str]:
    """Names of all fields that a module logs."""
    calls = (n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call))
    return {
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
        for keyword in call.keywords
        if keyword.arg
    }


def test_every_field_that_the_code_logs_is_allowed():
    sources = [*ROOT.glob("shared/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    logged = {name for file in sources for name in _fields(file)}
    assert len(logged) > 5
    assert logged - {"exc_info"} <= logs.ALLOWED


@pytest.fixture
def said(monkeypatch):
    """Passes a line through; True where it is written."""
    repeated = logs.Repeated()
    moment = [0.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: moment[0])

    def say(event, *, after=0.0, **fields):
        moment[0] += after
        try:
            return bool(repeated(None, "info", {"event": event, **fields}))
        except structlog.DropEvent:
            return False

    return say


def test_the_same_wait_is_written_again_after_half_a_minute(said):
    assert said("relay_waits", reason="TimeoutError")
    assert not said("relay_waits", after=1, reason="TimeoutError")
    assert not said("relay_waits", after=28, reason="TimeoutError")
    assert said("relay_waits", after=1, reason="TimeoutError")


def test_another_reason_is_another_line(said):
    assert said("nats_error", error="TimeoutError")
    assert said("nats_error", error="ConnectionRefusedError")
    assert not said("nats_error", error="TimeoutError")


def test_what_tells_of_something_that_happened_is_always_written(said):
    assert all(said("refused", subject="siko.command.agenda.x", code="NotFound") for _ in range(3))
    assert all(said("stream_changed", stream="SIKO_AGENDA") for _ in range(3))
