"""Logging: one line per event, as JSON or for a console; only allowed fields pass: ids and neutral words."""

import logging
import sys
import time
import traceback
from types import TracebackType

import structlog
from siko_contracts.characters import escaped
from structlog.typing import EventDict, Processor

SAY_AGAIN_SECONDS = 30.0
ALLOWED = frozenset({
    "event", "level", "timestamp", "service", "subject", "code", "reason", "error", "exception", "frames",
    "stream", "streams", "producer", "follower", "jobs", "task", "letter", "found_in", "to", "first", "last",
    "field", "wanted", "found", "logger", "command", "number", "_record", "_from_structlog",
})  # fmt: skip
"""The allowed fields of a line; any other is dropped, whichever code logs it."""
MOST_CHARACTERS = 400
MOST_FRAMES = 20
TOLD_AGAIN = {
    "nats_error", "nats_not_permitted", "commit_failed", "foreign_messages", "too_many_requests",
    "too_many_attempts",
}  # fmt: skip
"""Events whose repeats are suppressed, in addition to all `*_waits`: loops log them at every retry."""
LIBRARY = "library"
"""The event name for a library's lines: their text may hold anything, so only the place in the code is logged."""


def configure(service: str, log_format: str) -> None:
    """Send all logging of this process to stderr in one format."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _fault,
        _allowed,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if log_format == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[Repeated(), *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("faststream", "nats"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def _library(_logger: object, _method: str, line: EventDict) -> EventDict:
    record: logging.LogRecord = line["_record"]
    found_in = f"{record.module}:{record.lineno}"
    return {**line, "event": LIBRARY, "logger": record.name, "found_in": found_in}


def _fault(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Replace an exception by its types and frames: its message may quote the data that was being handled."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if not isinstance(error, BaseException):
        return line
    return {**line, "exception": _kinds(error), "frames": _frames(error.__traceback__)}


def _kinds(error: BaseException) -> str:
    """Return the names of an error's type and of its causes' types."""
    kinds: list[str] = []
    current: BaseException | None = error
    while current is not None and len(kinds) < MOST_FRAMES:
        kinds.append(type(current).__name__)
        current = current.__cause__ or current.__context__
    return " < ".join(kinds)


def _frames(found: TracebackType | None) -> list[str]:
    """Return the innermost MOST_FRAMES frames, innermost first."""
    frames = traceback.extract_tb(found)[-MOST_FRAMES:]
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[::-1]
    ]


def _allowed(_logger: object, _method: str, line: EventDict) -> EventDict:
    return {
        name: value if name.startswith("_") else _plain(value)
        for name, value in line.items()
        if name in ALLOWED
    }


def _plain(value: object) -> object:
    """Return numbers, truncated texts and lists of these as they are; for anything else its type's name."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return escaped(value[:MOST_CHARACTERS])
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return type(value).__name__


class Repeated:
    """Suppresses repeats: retry loops log the same line at every attempt, and it is written twice a minute."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def __call__(self, _logger: object, _method: str, line: EventDict) -> EventDict:
        event = str(line["event"])
        if event.endswith("_waits") or event in TOLD_AGAIN:
            text = repr(sorted((name, str(value)) for name, value in line.items()))
            now = time.monotonic()
            if now - self._said.get(text, -SAY_AGAIN_SECONDS) < SAY_AGAIN_SECONDS:
                raise structlog.DropEvent
            self._said = {t: at for t, at in self._said.items() if now - at < SAY_AGAIN_SECONDS}
            self._said[text] = now
        return line
