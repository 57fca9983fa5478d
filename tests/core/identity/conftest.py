"""A service that judges roles, keys that its tests sign with, and a provider that can be away."""

import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from siko_core.broker import topology
from siko_core.write_service import WriteService

from tests.conftest import NatsServer
from tests.core.identity.signing import Key
from tests.core.toy import notes_service

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def client(nats_server: NatsServer) -> AsyncIterator[Client]:
    """Asks with no token but what a test gives; on a broker on which the streams are."""
    connection = await nats.connect(nats_server.url)
    await topology.apply(connection)
    yield connection
    await connection.close()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def key() -> Key:
    return Key("first")


@pytest.fixture
def keys_file(tmp_path: Path, key: Key) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [key.public]}))
    return file


@pytest.fixture
def settings(keys_file: Path, tmp_path: Path) -> dict[str, Any]:
    """Of a service that judges roles."""
    return {
        "identity_keys_file": keys_file,
        "access_log_url": f"sqlite:///{tmp_path}/access.db",
    }


@pytest.fixture
async def notes(serve: Any, settings: dict[str, Any]) -> WriteService:
    service: WriteService = await serve(notes_service(), **settings)
    return service


@pytest.fixture
def ask(client: Client, notes: WriteService) -> Ask:
    """Asks the toy service with a token (or none) and returns the answer's document."""

    async def asked(
        name: str, body: dict[str, Any] | None = None, token: str | None = None, **headers: str
    ) -> dict[str, Any]:
        kind = "query" if name in {"history", "log", "positions", "access_log"} else "command"
        sent = dict(headers) | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        subject = f"siko.{kind}.scheduler.{name}"
        data = json.dumps(body or {}).encode()
        reply = await client.request(subject, data, timeout=5, headers=sent or None)
        assert not reply.headers
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    return asked


class Provider:
    """An OpenID provider's two documents; `away` and it answers 503."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.away = False
        self.asked = 0
        self.says_issuer: str | None = None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                documents = {
                    "/.well-known/openid-configuration": {
                        "issuer": provider.says_issuer or provider.issuer,
                        "jwks_uri": f"{provider.issuer}/jwks",
                    },
                    "/jwks": {"keys": provider.keys},
                }
                if provider.away or self.path not in documents:
                    self.send_error(503)
                    return
                body = json.dumps(documents[self.path]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()
