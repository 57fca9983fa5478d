"""The HTTP pages of every service: /livez, /readyz, /metrics, /asyncapi.json and its schemas on a port of its own."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from siko_core.loops import cancel

Page = Callable[[], Awaitable[tuple[int, str, bytes]]]
PLAIN = "text/plain"
METHODS = ("GET", "HEAD")
MOST_BYTES = 8192
"""Limit on a request's head. A body is not read."""
SECONDS = 5.0
"""Timeout for the head of a request to arrive, and again for the response to be sent."""
MOST_CONNECTIONS = 100


class PortTaken(Exception):
    """The listen address is in use or not ours; the message says which one, and what to set."""


class Pages:
    """Serves a few fixed paths to anybody who reaches the port: one request per connection, and no client blocks others."""

    def __init__(self, host: str, port: int, pages: dict[str, Page]) -> None:
        self.pages = pages
        self._open: set[asyncio.Task[None]] = set()
        self._waiting: dict[asyncio.Task[None], None] = {}
        """Connections whose request has not arrived, oldest first: evicted when there are too many connections."""
        try:
            self.socket = socket.create_server((host, port))
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}): free it, or set SIKO_HTTP_PORT"
            ) from None

    async def serve_pages(self) -> None:
        """Serve until cancelled; clients that wait for a response then get a 503."""
        server = await asyncio.start_server(self._accept, sock=self.socket, limit=MOST_BYTES)
        try:
            await server.serve_forever()
        finally:
            await cancel(self._open)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        if len(self._open) >= MOST_CONNECTIONS:
            if not self._waiting:
                writer.transport.abort()
                return
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            self._open.discard(oldest)
            oldest.cancel()
        self._open.add(task)
        try:
            await self._converse(task, reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass  # the client sent an incomplete request, or does not read the response
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._waiting[task] = None
        try:
            async with asyncio.timeout(SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            head = None
        finally:
            self._waiting.pop(task, None)
        answer = await self._answer(head)
        async with asyncio.timeout(SECONDS):
            writer.write(answer)
            writer.close()
            await writer.wait_closed()

    async def _answer(self, head: bytes | None) -> bytes:
        """Return the response to a request; `head` is None if it was too long."""
        if head is None:
            return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target, _, version = rest.partition(" ")
        if version not in {"HTTP/1.1", "HTTP/1.0"}:
            return _response(HTTPStatus.BAD_REQUEST)
        if method not in METHODS:
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, fields={"Allow": ", ".join(METHODS)})
        page = self.pages.get(target.partition("?")[0])
        if page is None:
            return _response(HTTPStatus.NOT_FOUND)
        try:
            status, content_type, body = await page()
        except asyncio.CancelledError:  # the process stops
            return _response(HTTPStatus.SERVICE_UNAVAILABLE)
        return _response(HTTPStatus(status), content_type, body, is_shown=method == "GET")


def _response(
    status: HTTPStatus,
    content_type: str = PLAIN,
    body: bytes | None = None,
    *,
    is_shown: bool = True,
    fields: dict[str, str] | None = None,
) -> bytes:
    """Build a response; the body defaults to the status phrase."""
    body = f"{status.phrase.lower()}\n".encode() if body is None else body
    head = {
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Connection": "close",
        **(fields or {}),
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{n}: {v}" for n, v in head.items())]
    return "\r\n".join([*lines, "", ""]).encode() + (body if is_shown else b"")


def json_page(status: int, document: Any) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(document).encode()


def metrics_page(registry: CollectorRegistry) -> tuple[int, str, bytes]:
    return 200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(registry)
