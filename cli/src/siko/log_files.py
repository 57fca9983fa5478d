"""The log file of a program: bounded as a whole, and in what a minute adds to it."""

import logging
import os
import threading
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from siko_core.identity.allowance import Allowance

FILE_BYTES = 5_000_000
KEPT = 3
"""Older files: `<name>.log.1` is the latest of them."""
MINUTE_BYTES = 500_000
"""More is written where somebody makes a program complain; it must not drive out what was there before."""
MINUTE_SECONDS = 60.0
MOST_LINE_BYTES = 65_536


class LogFile:
    """Writes what comes through `pipe`, until nobody holds the pipe any more.

    Raises OSError where the file cannot be opened. `begin` must follow as soon as the program has `pipe`, or could
    not be started.
    """

    def __init__(self, file: Path) -> None:
        self._file = _File(file, maxBytes=FILE_BYTES, backupCount=KEPT, encoding="utf-8")
        read, self.pipe = os.pipe()
        self._output = os.fdopen(read, "rb")
        self._allowance = Allowance(MINUTE_BYTES, MINUTE_SECONDS)
        self._left_out = 0
        self._last = b""
        self._thread = threading.Thread(target=self._keep, name=f"log {file.name}", daemon=True)

    @property
    def last(self) -> str:
        """The last line with something in it, written or left out."""
        return _text(self._last).strip()

    def begin(self) -> None:
        os.close(self.pipe)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until all is written; not longer, because a child of the program may hold the pipe."""
        self._thread.join(seconds)

    def _keep(self) -> None:
        with self._output:
            while line := self._output.readline(MOST_LINE_BYTES):
                if not line.isspace():
                    self._last = line
                if self._allowance.take(len(line)):
                    self._tell_left_out()
                    self._write(_text(line).removesuffix("\n"))
                else:
                    self._left_out += len(line)
        self._tell_left_out()
        with suppress(OSError):  # as in `handleError`
            self._file.close()

    def _tell_left_out(self) -> None:
        if self._left_out:
            self._write(f"({self._left_out} bytes left out: more than {MINUTE_BYTES} in a minute)")
            self._left_out = 0

    def _write(self, line: str) -> None:
        self._file.emit(logging.makeLogRecord({"msg": line}))


class _File(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A full disk costs lines: who stopped reading would stop the program."""


def _text(line: bytes) -> str:
    return line.decode(errors="replace")
