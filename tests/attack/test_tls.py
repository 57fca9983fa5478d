"""Who listens on the network between siko, its broker and its databases hears nothing, and who pretends to be one of them is told nothing."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from siko import broker, broker_users, issuer
from siko.output import Failure
from siko_core import databases
from siko_core.broker import connection
from siko_core.databases import StoreUnreachable
from siko_core.settings import SettingsError

from tests import certificates
from tests.certificates import Authority
from tests.deployment import BIN, apply_topology, free_port

DATABASES = ("scheduler", "scheduler_keys", "scheduler_access", "reporting", "reporting_access")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tls")
    issuer.make(made)
    return made


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority.made(folder / "authority")


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Authority:
    """Another authority, whose certificates are as good as ours and not ours."""
    return Authority.made(folder / "stranger")


@contextmanager
def nats_server(folder: Path, authority: Authority) -> Iterator[str]:
    """That of `siko up`, with TLS; its address."""
    folder.mkdir()
    port = free_port()
    file = broker.write_configuration(folder, port)
    block = f"tls {{ cert_file: '{authority.server}', key_file: '{authority.key}' }}\n"
    file.write_text(file.read_text() + block)
    with (folder / "nats.log").open("wb") as log:
        process = subprocess.Popen([BIN / "nats-server", "-c", file], stdout=log, stderr=log)
    url = f"tls://127.0.0.1:{port}"
    until(lambda: asyncio.run(broker.hindrance(url)) is None)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def nats_url(tmp_path: Path, authority: Authority) -> Iterator[str]:
    """With the streams."""
    with nats_server(tmp_path / "nats", authority) as url:
        login = broker_users.credentials_file(tmp_path / "nats" / broker_users.FOLDER, "topology")
        applied = apply_topology(url, login, authority.certificate)
        assert asyncio.run(applied)
        yield url


def our_broker(folder: Path, authority: Authority, url: str, user: str) -> dict[str, str]:
    return {
        "SIKO_NATS_URL": url,
        "SIKO_NATS_CA_FILE": str(authority.certificate),
        "SIKO_NATS_CREDENTIALS_FILE": str(
            broker_users.credentials_file(folder / "nats" / broker_users.FOLDER, user)
        ),
    }


@pytest.fixture(scope="module", params=["PostgreSQL's own TLS", "TLS before PostgreSQL"])
def postgres(
    request: pytest.FixtureRequest, authority: Authority
) -> Iterator[Callable[[str], str]]:
    """Addresses of databases at a server that takes no connection without TLS."""
    # not below pytest's folder, which is closed to others: PostgreSQL runs as another user
    with tempfile.TemporaryDirectory(prefix="siko-tls-") as made:
        if request.param == "TLS before PostgreSQL":
            opened = certificates.before(request.getfixturevalue("postgres_server"), authority)
        elif certificates.programs() is None:
            pytest.skip("no PostgreSQL here speaks TLS itself")
        else:
            opened = certificates.server(Path(made), authority, free_port())
        with opened as port:

            def address(database: str, authority: Authority = authority) -> str:
                return (
                    f"postgresql://{database}@127.0.0.1:{port}/{database}?sslmode=verify-full"
                    f"&sslrootcert={authority.certificate}"
                )

            with psycopg.connect(address("postgres"), autocommit=True) as connection:
                for name in DATABASES:
                    connection.execute(f"CREATE ROLE {name} LOGIN")
                    connection.execute(f"CREATE DATABASE {name} OWNER {name}")
            yield address
            with psycopg.connect(address("postgres"), autocommit=True) as connection:
                for name in DATABASES:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                    connection.execute(f"DROP ROLE {name}")


def environment(**given: str) -> dict[str, str]:
    return {n: v for n, v in os.environ.items() if not n.startswith("SIKO_")} | given


def siko(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "siko", *arguments],
        env=environment(**given), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


class Service:
    """As a process of its own, whose pages are asked."""

    def __init__(self, name: str, folder: Path, **given: str) -> None:
        self.log = folder / f"{name}-{free_port()}.log"
        self.port = free_port()
        settings = {
            "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(folder)),
            "SIKO_HTTP_PORT": str(self.port),
            "SIKO_DATABASE_URL": f"sqlite:///{folder}/{name}.db",
            "SIKO_KEYS_URL": f"sqlite:///{folder}/{name}-keys.db",
            "SIKO_ACCESS_LOG_URL": f"sqlite:///{folder}/{name}-access.db",
        } | given
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [BIN / f"siko-{name}"], env=environment(**settings), stdout=log, stderr=log
            )

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(x) for x in self.log.read_text().splitlines() if x.startswith("{")]

    def page(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as page:
                return str(page.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.page("/readyz") == '{"ok": true, "failing": {}}'

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def until(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)
    return found


def of(service: str, postgres: Callable[..., str], *authority: Authority) -> dict[str, str]:
    """The addresses of its databases."""
    return {
        "SIKO_DATABASE_URL": postgres(service, *authority),
        "SIKO_KEYS_URL": postgres(f"{service}_keys", *authority),
        "SIKO_ACCESS_LOG_URL": postgres(f"{service}_access", *authority),
    }


def test_a_system_that_speaks_tls_everywhere_works(folder, tmp_path, authority, nats_url, postgres):
    given = {
        name: our_broker(tmp_path, authority, nats_url, name)
        for name in ("scheduler", "reporting", "operator")
    }
    with (
        Service("scheduler", folder, **given["scheduler"], **of("scheduler", postgres)) as one,
        Service("reporting", folder, **given["reporting"], **of("reporting", postgres)) as two,
    ):
        until(one.is_ready)
        until(two.is_ready)
        for service in (one, two):
            assert not [line for line in service.said() if line["event"] == "exposed"]
            assert "siko_exposed{" not in service.page("/metrics")
        url = f"scheduler=http://127.0.0.1:{one.port}"
        told = siko(
            "doctor", "--url", url, "--output", "json", "--data", str(folder), **given["operator"]
        )
        findings = json.loads(told.stdout)["findings"]
        assert {each["where"] for each in findings} == {"invitations", "agenda"}  # do not run


def test_a_broker_with_a_certificate_of_another_authority_is_told_nothing(
    folder, tmp_path, authority, stranger, nats_url
):
    given = our_broker(tmp_path, stranger, nats_url, "scheduler")
    with Service("scheduler", folder, **given) as service:
        errors = until(
            lambda: [line["error"] for line in service.said() if line["event"] == "nats_error"]
        )
        assert set(errors) == {"SSLCertVerificationError"}
        assert not service.is_ready()
    done = siko("query", "scheduler", "positions", "--data", str(folder), **given)
    assert done.returncode == 3, done.stdout
    assert "certificate verify failed" in done.stderr


@contextmanager
def pretender() -> Iterator[tuple[str, list[bytes]]]:
    """Who sits at the broker's address and greets in the clear; all that is said to it."""
    heard: list[bytes] = []
    info = {
        "server_id": "x",
        "version": "2.12.0",
        "max_payload": 1048576,
        "headers": True,
        "jetstream": True,
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.settimeout(1)
                connection.sendall(b"INFO " + json.dumps(info).encode() + b"\r\n")
                try:
                    while received := connection.recv(4096):
                        heard.append(received)
                except OSError:
                    pass
                connection.close()

        threading.Thread(target=greet, daemon=True).start()
        yield f"tls://127.0.0.1:{listening.getsockname()[1]}", heard
        listening.shutdown(socket.SHUT_RDWR)


def test_who_offers_no_tls_at_the_brokers_address_is_told_nothing(folder, tmp_path, authority):
    """nats-py would go on in the clear, password first."""
    broker_users.make(tmp_path / "nats" / broker_users.FOLDER)
    with pretender() as (url, heard):
        given = our_broker(tmp_path, authority, url, "scheduler")
        with Service("scheduler", folder, **given) as service:
            until(lambda: "ServerOffersNoTls" in service.log.read_text())
        for arguments in (["topology", "plan"], ["query", "scheduler", "positions"]):
            done = siko(*arguments, "--data", str(folder), **given)
            assert done.returncode == 3, done.stdout
            assert "offers no TLS" in done.stderr
        assert heard == []


def test_a_database_with_a_certificate_of_another_authority_is_refused(
    folder, postgres_server, authority, stranger
):
    """Waiting would not help: the service ends with a line that names the setting."""
    with certificates.before(postgres_server, authority) as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert="
        assert databases.answers(f"{url}{authority.certificate}", "SIKO_KEYS_URL") is True
        with pytest.raises(StoreUnreachable, match=r"certificate verify failed.*SIKO_KEYS_URL"):
            databases.answers(f"{url}{stranger.certificate}", "SIKO_KEYS_URL")
        given = {"SIKO_DATABASE_URL": f"{url}{stranger.certificate}"}
        with Service("scheduler", folder, **given) as service:
            assert service.process.wait(30) == 3
            assert "certificate verify failed" in service.log.read_text()
            assert "SIKO_DATABASE_URL" in service.log.read_text()


def test_what_passes_a_network_in_the_clear_is_said_at_the_start(folder):
    given = {
        "SIKO_NATS_URL": "nats://broker.invalid:4222",
        "SIKO_DATABASE_URL": "postgresql://s:hush@db.invalid/s",
        "SIKO_KEYS_URL": "postgresql://s:hush@db.invalid/k?sslmode=prefer",
        "SIKO_ACCESS_LOG_URL": "postgresql://a:hush@192.0.2.1/a",
    }
    with Service("scheduler", folder, **given) as service:
        until(lambda: service.log.read_text().count('"exposed"') == len(given) + 1)
        lines = [line for line in service.said() if line["event"] == "exposed"]
        assert {line["level"] for line in lines} == {"warning"}
        clear = [line["field"] for line in lines if "in the clear" in line["reason"]]
        assert sorted(clear) == sorted(given)
        assert [line["field"] for line in lines if "one role" in line["reason"]] == [
            "SIKO_KEYS_URL"
        ]
        assert "hush" not in service.log.read_text()


@pytest.mark.parametrize(
    ("url", "file", "cure"),
    [
        ("nats://127.0.0.1:1", "{ca}", "SIKO_NATS_URL must begin with tls://"),
        ("tls://127.0.0.1:1", "/nowhere", "SIKO_NATS_CA_FILE: /nowhere"),
        ("tls://127.0.0.1:1,nats://127.0.0.1:2", "{ca}", "tls:// for all servers, or for none"),
    ],
)
def test_settings_that_only_seem_to_be_tls_are_refused(authority, monkeypatch, url, file, cure):
    file = file.format(ca=authority.certificate)
    with pytest.raises(SettingsError, match=cure):
        connection.tls(url, Path(file))
    monkeypatch.setenv("SIKO_NATS_CA_FILE", file)
    with pytest.raises(Failure, match=cure) as failed:
        broker_users.tls(url)
    assert failed.value.exit_code == 2
