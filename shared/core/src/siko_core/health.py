"""The pages of every service: /livez, /readyz, /metrics and /asyncapi.json on a port of its own."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry, generate_latest

Page = Callable[[], Awaitable[tuple[int, str, bytes]]]
Scope = MutableMapping[str, Any]
PLAIN = "text/plain"


class PortTaken(Exception):
    """The address to listen on is in use or not ours; the message says which and what to set."""


class Pages(uvicorn.Server):
    """A few fixed paths; uvicorn speaks HTTP, the service handles the signals."""

    def __init__(self, host: str, port: int, pages: dict[str, Page]) -> None:
        self.pages = pages
        try:
            self.socket = socket.create_server((host, port))
        except OSError as error:
            raise PortTaken(
                f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}): free it, or set SIKO_HTTP_PORT"
            ) from None
        super().__init__(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
            )
        )

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # narrower than need be there
        return nullcontext()

    async def main_loop(self) -> None:
        """As uvicorn's own, ten times more seldom: a service at rest should be at rest."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 10
            await asyncio.sleep(1.0)

    async def serve_pages(self) -> None:
        await self.serve(sockets=[self.socket])

    async def _answer(
        self, scope: Scope, _receive: Any, send: Callable[[Any], Awaitable[None]]
    ) -> None:
        page = self.pages.get(scope.get("path", ""))
        try:
            status, content_type, body = await page() if page else (404, PLAIN, b"not found\n")
        except asyncio.CancelledError:  # the process is told to stop; uvicorn would log a traceback
            status, content_type, body = 503, PLAIN, b"stopping\n"
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", content_type.encode()),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


def json_page(status: int, document: Any) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(document).encode()


def metrics_page(registry: CollectorRegistry) -> tuple[int, str, bytes]:
    return 200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(registry)
