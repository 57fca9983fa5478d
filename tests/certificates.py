"""A private certification authority, and servers that speak TLS with certificates of it."""

import datetime as dt
import os
import select
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
"""What libpq says before it speaks TLS."""
SERVER_USER = "postgres"
"""PostgreSQL refuses to run as root."""


@dataclass(frozen=True)
class Authority:
    """Its certificate, and that of a server at 127.0.0.1 and `localhost`, with the server's key."""

    certificate: Path
    server: Path
    key: Path

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        folder.mkdir()
        own, theirs = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"siko test {folder.name}")])
        root = _certificate(name, name, own, own, is_authority=True)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        server = _certificate(subject, name, theirs, own, is_authority=False)
        made = cls(folder / "ca.pem", folder / "server.pem", folder / "server.key")
        made.certificate.write_bytes(root.public_bytes(Encoding.PEM))
        made.server.write_bytes(server.public_bytes(Encoding.PEM))
        made.key.write_bytes(
            theirs.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        made.key.chmod(0o600)
        return made


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


@contextmanager
def before(postgres: str, authority: Authority) -> Iterator[int]:
    """A port at which the server behind this address (of a socket's folder) speaks TLS, and nothing else."""
    path = f"{postgres.partition('host=')[2]}/.s.PGSQL.5432"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server, authority.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def converse(client: socket.socket) -> None:
        with suppress(OSError), closing(client):
            if client.recv(8, socket.MSG_WAITALL) != SSL_REQUEST:
                return
            client.sendall(b"S")
            with context.wrap_socket(client, server_side=True) as wrapped:
                _pass_on(wrapped, path)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=converse, args=[listening.accept()[0]], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _pass_on(wrapped: ssl.SSLSocket, path: str) -> None:
    """Until either side ends. One thread: an SSL socket is not for two."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        wrapped.setblocking(False)
        while True:
            _wait(wrapped, server)
            with suppress(ssl.SSLWantReadError):
                while received := wrapped.recv(65536):
                    server.sendall(received)
                return
            server.setblocking(False)
            with suppress(BlockingIOError):
                received = server.recv(65536)
                if not received:
                    return
                wrapped.setblocking(True)
                wrapped.sendall(received)
            wrapped.setblocking(False)
            server.setblocking(True)


def _wait(wrapped: ssl.SSLSocket, server: socket.socket) -> None:
    if not wrapped.pending():
        select.select([wrapped, server], [], [])


def programs() -> Path | None:
    """The folder of a PostgreSQL of this machine that can speak TLS; None where there is none."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        configured = subprocess.run(
            [folder / "pg_config", "--configure"], capture_output=True, text=True, check=False
        )
        if "openssl" in configured.stdout:
            return folder
    return None


@contextmanager
def server(folder: Path, authority: Authority, port: int) -> Iterator[int]:
    """A PostgreSQL of its own at 127.0.0.1 that takes no connection without TLS; its port."""
    tools = programs()
    assert tools is not None
    user = {"user": SERVER_USER, "group": SERVER_USER} if os.geteuid() == 0 else {}
    data = folder / "data"
    data.mkdir()
    certificate, key = (data / file.name for file in (authority.server, authority.key))
    if user:
        folder.chmod(0o755)
        subprocess.run(["chown", SERVER_USER, data], check=True)
    initdb = [tools / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)
    for file, made in ((authority.server, certificate), (authority.key, key)):
        made.write_bytes(file.read_bytes())
        made.chmod(0o600)
        if user:
            subprocess.run(["chown", SERVER_USER, made], check=True)
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
    settings = {
        "port": port,
        "unix_socket_directories": data,
        "ssl": "on",
        "ssl_cert_file": certificate,
        "ssl_key_file": key,
        "fsync": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            [tools / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd="/", **user
        )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(f"postgresql://postgres@/postgres?host={data}&port={port}").close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (folder / "postgres.log").read_text()
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
