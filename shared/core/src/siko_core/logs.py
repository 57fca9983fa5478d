"""Logs: a line an event, JSON unless a person reads; ids and neutral words only."""

import logging
import sys
import time

import structlog
from structlog.typing import EventDict, Processor

SAY_AGAIN_SECONDS = 30.0


def configure(service: str, log_format: str) -> None:
    """Everything that logs in this process goes to stderr in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
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
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("uvicorn.error", "uvicorn.access", "faststream", "nats"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


class Repeated:
    """While something is away, the loops say so at every try: the same line is written twice a minute."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def __call__(self, _logger: object, _method: str, line: EventDict) -> EventDict:
        event = str(line["event"])
        if event.endswith("_waits") or event in {"nats_error", "commit_failed"}:
            text = repr(sorted((name, str(value)) for name, value in line.items()))
            now = time.monotonic()
            if now - self._said.get(text, -SAY_AGAIN_SECONDS) < SAY_AGAIN_SECONDS:
                raise structlog.DropEvent
            self._said = {t: at for t, at in self._said.items() if now - at < SAY_AGAIN_SECONDS}
            self._said[text] = now
        return line
