"""One line an event; what a loop says at every try while something is away is written twice a minute."""

import pytest
import structlog
from siko_core import logs


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
