"""The pages of a service are reachable without a token: whoever reaches them can ask for a page, and hold up nobody."""

import asyncio
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from siko import issuer

from tests.deployment import BIN, free_port

HANG_UP_SECONDS = 5.0
"""As long as a service waits for the head of a request."""


class Service(NamedTuple):
    pid: int
    port: int


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One that waits for its broker: its pages are there from the start."""
    folder = tmp_path_factory.mktemp("pages")
    issuer.make(folder)
    number = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [BIN / "siko-agenda"],
            cwd=folder,
            env={n: v for n, v in os.environ.items() if not n.startswith("SIKO_")}
            | {
                "SIKO_NATS_URL": f"nats://127.0.0.1:{free_port()}",
                "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(folder)),
                "SIKO_HTTP_PORT": str(number),
            },
            stdout=log,
            stderr=log,
        )
    deadline = time.monotonic() + 20
    while not _listens(number):
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.02)
    yield Service(process.pid, number)
    process.terminate()
    assert process.wait(20) == 0, (folder / "log").read_text()


@pytest.fixture
def port(service: Service) -> int:
    return service.port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def asked(port: int, method: str, path: str = "/livez") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    data = b"{}" if method not in {"GET", "HEAD"} else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def said(port: int, sent: bytes) -> bytes:
    """What is answered to these bytes before the service hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        answer = b""
        try:
            while received := connection.recv(65536):
                answer += received
        except ConnectionResetError:  # hung up while there was something left to read
            pass
        return answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "GET2"])
def test_pages_are_only_got(port, method):
    status, headers, body = asked(port, method)
    assert (status, headers.get("Allow")) == (405, "GET, HEAD")
    assert b"ok" not in body


def test_a_page_is_got_and_its_head_alone_too(port):
    status, headers, body = asked(port, "GET")
    assert (status, body) == (200, b'{"ok": true}')
    status, head, body = asked(port, "HEAD")
    assert (status, body) == (200, b"")
    assert head["Content-Length"] == headers["Content-Length"] == "12"
    assert asked(port, "GET", "/livez?verbose=1")[0] == 200
    assert asked(port, "GET", "/nowhere")[0] == 404


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /livez HTTP/1.1\r\nHost: siko\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"X: x\r\n" * 20_000 + b"\r\n",
    ],
    ids=["a long header", "a long path", "many headers"],
)
def test_the_head_of_a_request_has_a_bound(port, sent):
    answer = said(port, sent)
    assert answer.startswith(b"HTTP/1.1 431 ") or not answer  # hung up on before it was read


@pytest.mark.parametrize(
    "sent",
    [b"\0" * 50 + b"\r\n\r\n", b"GET\r\n\r\n", b"GET /livez\r\n\r\n", b"GET /livez HTTP/9\r\n\r\n"],
)
def test_what_is_no_request_is_refused(port, sent):
    assert said(port, sent).startswith(b"HTTP/1.1 400 ")


async def test_who_sends_a_head_slowly_or_never_is_hung_up_on(port):
    async def hold(sent: bytes, every: float) -> float:
        """Seconds until the service has hung up on somebody who sends a byte every so often."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.monotonic()
        ended = asyncio.ensure_future(reader.read())
        while not ended.done():
            assert time.monotonic() - began < HANG_UP_SECONDS + 3, "it waits without limit"
            writer.write(sent)
            await asyncio.wait({ended}, timeout=every)
        writer.close()
        return time.monotonic() - began

    took = await asyncio.gather(
        hold(b"", 1), hold(b"x", 0.5), hold(b"GET /livez HTTP/1.1\r\nX: y\r\n", 0.5)
    )
    assert min(took) > HANG_UP_SECONDS - 1


def test_many_who_hold_their_connections_hold_up_nobody(service, port):
    """More of them than the service has room for, and the page is there at once."""
    with ExitStack() as stack:
        for _ in range(400):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(b"GET /livez HTTP/1.1\r\n")
        began = time.monotonic()
        assert asked(port, "GET")[0] == 200
        assert time.monotonic() - began < 1
        assert len(list(Path(f"/proc/{service.pid}/fd").iterdir())) < 250
