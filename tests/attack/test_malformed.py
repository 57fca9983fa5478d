"""Messages that no client would send: who reads the next one is not hindered by them."""

import asyncio
import socket

import nats
import pytest

from tests.deployment import SERVICES, Deployment

HEADERS = (
    b"NATS/1.0 \xff\xff\xff\r\n\r\n",
    b"NATS/1.0 \xff\xff\xff \xff\r\n\r\n",
    b"NATS/1.0 503\r\n\r\n",
    b"NATS/1.0 100 \xc3\r\nAuthorization: \xff\r\n\r\n",
    b"NATS/1.0\r\n\xff\xfe: \xff\r\n\r\n",
    b"NATS/1.0\r\nAuthorization\r\n\r\n",
    b"NATS/1.0\r\n\r\n",
    b"NATS/1.0",
    b"xx",
)


def send(system: Deployment, subject: str, header: bytes) -> None:
    """As a guest, on a connection of its own; returns when the broker has read it."""
    with socket.create_connection(("127.0.0.1", int(system.nats_url.rpartition(":")[2]))) as wire:
        size = len(header)
        wire.sendall(
            b'CONNECT {"verbose": false, "headers": true}\r\n'
            + f"HPUB {subject} _INBOX.x {size} {size + 2}\r\n".encode()
            + header
            + b"{}\r\nPING\r\n"
        )
        said = b""
        while b"PONG" not in said:
            said += (read := wire.recv(4096))
            assert read, said


@pytest.mark.parametrize("header", HEADERS)
def test_headers_that_cannot_be_read_cost_no_service_its_connection(
    attacked: Deployment, header: bytes
) -> None:
    async def ask() -> list[bytes]:
        client = await nats.connect(attacked.nats_url)
        try:
            subjects = [f"siko.query.{service}.positions" for service in SERVICES]
            asked = [client.request(subject, b"{}", timeout=5) for subject in subjects]
            return [answer.data for answer in await asyncio.gather(*asked)]
        finally:
            await client.close()

    for service in SERVICES:
        send(attacked, f"siko.query.{service}.positions", header)
    assert all(b"NotAuthorised" in answer for answer in asyncio.run(ask()))
