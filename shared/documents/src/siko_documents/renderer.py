"""Documents as PDF, laid out in a process of its own: it starts when needed and ends when nobody has needed it for a while.

So typst and its fonts take no memory of a service, and what goes wrong there ends that process alone.
"""

import json
import subprocess
import sys
from threading import Lock, Timer
from typing import Literal, Self

from siko_documents.layout import Page
from siko_documents.worker import PDF, read, write

Template = Literal["letter", "attendance"]
IDLE_S = 30.0
LIMIT_S = 30.0
"""For one document; a letter takes a tenth of a second."""
COMMAND = (sys.executable, "-P", "-m", "siko_documents.worker")
"""`-P`: no module of the folder that it happens to be started in."""


class RenderingFailed(Exception):
    """The document could not be laid out. Its message holds no text of the data; `diagnosis` may: keep it from logs."""

    def __init__(self, template: str, reason: str, diagnosis: str = "") -> None:
        super().__init__(f"{template}: {reason}")
        self.diagnosis = diagnosis


class Renderer:
    """Renders one document at a time, for any thread. It blocks: call it beside the writer and the event loop."""

    def __init__(self, *, idle_s: float = IDLE_S, limit_s: float = LIMIT_S) -> None:
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rendered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        process = self._process
        return process.pid if process is not None else None

    def render(self, template: Template, data: Page) -> bytes:
        """Return the PDF, by PDF/A-3a and PDF/UA-1; the same data give the same bytes. Raises RenderingFailed."""
        request = {"template": template, "data": data.model_dump(mode="json")}
        with self._turn:
            answer = self._ask(json.dumps(request).encode())
            if answer is None:
                self._stop()
                raise RenderingFailed(template, "the process ended, or took too long")
            self._rendered += 1
            idle = Timer(self._idle_s, self._end_if_idle, [self._rendered])
            idle.daemon = True
            idle.start()
        if answer[:1] != PDF:
            raise RenderingFailed(template, "typst refuses it or warns", answer[1:].decode())
        return answer[1:]

    def close(self) -> None:
        """End the process, if it runs. Another call of `render` starts a new one."""
        with self._turn:
            self._stop()

    def _ask(self, request: bytes) -> bytes | None:
        """The answer; None if the process has ended without one, by itself or at the limit."""
        process = self._running()
        if process.stdin is None or process.stdout is None:
            return None
        limit = Timer(self._limit_s, process.kill)
        limit.start()
        try:
            write(process.stdin, request)
            return read(process.stdout)
        except BrokenPipeError:
            return None
        except BaseException:  # Ctrl-C: the next document must not get this one's answer
            self._stop()
            raise
        finally:
            limit.cancel()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=0,  # Ctrl-C ends the caller, which then closes it
            )
        return self._process

    def _end_if_idle(self, rendered: int) -> None:
        with self._turn:
            if self._rendered == rendered:
                self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost
            self._process.communicate()
            self._process = None
