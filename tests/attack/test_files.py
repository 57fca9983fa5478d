"""A local user with an eye on files: what holds keys, passwords or texts is its owner's alone, whatever was there before."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from siko import issuer
from siko.broker_users import FOLDER, credentials_file, make
from siko.roles import AUDITOR

from tests.deployment import BIN, free_port

SOMEBODY = 12_345
"""A user id that is not ours."""
DATABASES = ("scheduler.db", "scheduler-keys.db", "scheduler-access.db", "reporting.db")
PUBLIC = {"keys.json", "users.conf"}
"""Without a secret; they may be read by other users' programs where their folder lets them."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def environment(**given: str) -> dict[str, str]:
    return {n: v for n, v in os.environ.items() if not n.startswith("SIKO_")} | given


def with_open_files(folder: Path) -> Path:
    """A data folder as an earlier version left it under umask 022."""
    folder.mkdir(mode=0o755)
    issuer.make(folder)
    issuer.store_token(folder, "a token", AUDITOR)
    make(folder / FOLDER, guest=True)
    for name in DATABASES:
        connection = sqlite3.connect(folder / name)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()
    (folder / "lock").touch()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@contextmanager
def up(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`siko up`, ready; started by somebody whose files anybody may read."""
    heard = folder.with_suffix(".heard")
    with heard.open("wb") as output:
        process = subprocess.Popen(
            [BIN / "siko", "up", "--data", folder, "--port", "0"],
            env=environment(), stdout=output, stderr=output, umask=0o022, text=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 90
        while not (folder / "run.json").exists():
            assert process.poll() is None, heard.read_text()
            assert time.monotonic() < deadline, heard.read_text()
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def umask(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("Umask:"))


def test_an_open_data_folder_of_before_is_its_owners_alone_once_it_is_used(tmp_path):
    folder = with_open_files(tmp_path / "data")
    with up(folder) as process:
        run = json.loads((folder / "run.json").read_text())
        pids = [service["pid"] for service in run["services"].values()]
        pids += [process.pid, run["nats_pid"], run["topology_pid"]]
        assert {pid: umask(pid) for pid in pids} == dict.fromkeys(pids, "0077")
        assert mode(folder) == 0o700
        left_open = {
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if path.name not in PUBLIC and not path.is_dir() and mode(path) & 0o077
        }
        assert left_open <= {"lock"}  # it holds the number of a process
        for login in (folder / FOLDER).iterdir():
            assert mode(login) == (0o755 if login.name == "broker" else 0o700)
        assert mode(folder / "identity") == 0o700
    assert f"{folder} was open to others" in folder.with_suffix(".heard").read_text()


def refusal(*arguments: str | Path, **given: str) -> tuple[int, str]:
    """Exit code and what was said."""
    done = subprocess.run(
        [BIN / arguments[0], *arguments[1:]],
        env=environment(**given), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def test_a_folder_that_holds_something_else_is_not_closed_to_others_but_refused(tmp_path):
    """As `siko up --data /tmp` would be: it is not siko's."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "of somebody").touch()
    folder.chmod(0o1777)
    code, said = refusal("siko", "up", "--data", folder, "--port", "0")
    assert (code, mode(folder)) == (3, 0o1777)
    assert "open to others" in said
    assert "--data" in said
    assert not (folder / "identity").exists()


@as_root
def test_a_data_folder_of_somebody_else_is_refused_with_the_cure(tmp_path):
    folder = with_open_files(tmp_path / "data")
    os.chown(folder, SOMEBODY, SOMEBODY)
    code, said = refusal("siko", "up", "--data", folder, "--port", "0")
    assert (code, mode(folder)) == (3, 0o755)
    assert f"chmod go= {folder}" in said


def private(folder: Path) -> dict[str, Path]:
    """What a service reads that is nobody else's: setting -> file."""
    folder.mkdir()
    login = folder / "credentials"
    login.write_text("agenda:secret\n")
    named = folder / "database-url"
    named.write_text(f"sqlite:///{folder}/agenda.db")
    for name in ("agenda.db", "keys.db", "access.db"):
        sqlite3.connect(folder / name).close()
    return {
        "SIKO_NATS_CREDENTIALS_FILE": login,
        "SIKO_DATABASE_URL_FILE": named,
        "SIKO_DATABASE_URL": folder / "agenda.db",
        "SIKO_KEYS_URL": folder / "keys.db",
        "SIKO_ACCESS_LOG_URL": folder / "access.db",
    }


@pytest.fixture
def given(tmp_path: Path) -> tuple[dict[str, Path], dict[str, str]]:
    """The files of a service on a server, open to all, and its settings."""
    files = private(tmp_path / "agenda")
    for file in files.values():
        file.chmod(0o644)
    issuer.make(tmp_path)
    settings = {
        "SIKO_NATS_URL": f"nats://127.0.0.1:{free_port()}",  # nobody there: it waits
        "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(tmp_path)),
        "SIKO_HTTP_PORT": str(free_port()),
        "SIKO_NATS_CREDENTIALS_FILE": str(files["SIKO_NATS_CREDENTIALS_FILE"]),
        "SIKO_DATABASE_URL_FILE": str(files["SIKO_DATABASE_URL_FILE"]),
        "SIKO_KEYS_URL": f"sqlite:///{files['SIKO_KEYS_URL']}",
        "SIKO_ACCESS_LOG_URL": f"sqlite:///{files['SIKO_ACCESS_LOG_URL']}",
    }
    return files, settings


def test_a_service_closes_its_own_files_to_others_and_makes_none_that_is_open(given, tmp_path):
    files, settings = given
    with ExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("wb"))
        process = subprocess.Popen(
            [BIN / "siko-agenda"], env=environment(**settings), stderr=log, umask=0o022
        )
        stack.callback(process.wait, 20)
        stack.callback(process.terminate)
        until(lambda: "nats_waits" in (tmp_path / "log").read_text(), process)
        assert umask(process.pid) == "0077"
        assert {mode(path) for path in (tmp_path / "agenda").iterdir()} == {0o600}
        assert len([*(tmp_path / "agenda").iterdir()]) > len(files)  # there are write-ahead logs


@as_root
@pytest.mark.parametrize(
    "name", ["SIKO_NATS_CREDENTIALS_FILE", "SIKO_DATABASE_URL_FILE", "SIKO_KEYS_URL"]
)  # fmt: skip
def test_an_open_file_of_somebody_else_ends_the_start_with_the_cure(given, name):
    files, settings = given
    os.chown(files[name], SOMEBODY, SOMEBODY)
    code, said = refusal("siko-agenda", **settings)
    assert code in {2, 3}
    assert f"chmod go= {files[name]}" in said
    assert name.removesuffix("_FILE") in said
    assert mode(files[name]) == 0o644


@as_root
def test_a_secret_that_root_lends_to_our_group_is_read(given):
    """As Kubernetes and systemd hand them over."""
    files, settings = given
    for name in ("SIKO_NATS_CREDENTIALS_FILE", "SIKO_DATABASE_URL_FILE"):
        os.chown(files[name], SOMEBODY, os.getegid())
        files[name].chmod(0o440)
    process = subprocess.Popen([BIN / "siko-agenda"], env=environment(**settings))
    try:
        until(lambda: listens(int(settings["SIKO_HTTP_PORT"])), process)
    finally:
        process.terminate()
        process.wait(20)


def until(what: Callable[[], Any], process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert process.poll() is None, "it has ended"
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_the_broker_can_read_its_users_and_nobody_else_a_password(tmp_path):
    """nats-server may run as another user: every folder down to `users.conf` is open, and no other one is."""
    out = tmp_path / "etc" / "logins"
    (out / "door").mkdir(mode=0o755, parents=True)
    for mask in (0o077, 0o022):
        subprocess.run(
            [BIN / "siko", "make-users", "--out", out],
            env=environment(), stdout=subprocess.DEVNULL, check=True, umask=mask,
        )  # fmt: skip
        assert mode(out / "broker" / "users.conf") == 0o644
        assert (mode(out / "broker"), mode(out) & 0o005) == (0o755, 0o005)
        assert (mode(out / "door"), mode(credentials_file(out, "door"))) == (0o700, 0o600)
        assert (mode(out / "agenda"), mode(credentials_file(out, "agenda"))) == (0o700, 0o600)
        credentials_file(out, "agenda").chmod(0o644)
        (out / "agenda").chmod(0o755)
