"""A client command finds the system that is meant, and `siko up` a folder and ports of its own."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from siko.addresses import (
    data_folder,
    kept_for_us,
    nats_url,
    ports,
    read_run,
    remove_run,
    write_run,
)
from siko.output import Failure

RUNNING = {"nats_url": "nats://127.0.0.1:8401", "pid": os.getpid()}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIKO_DATA", "SIKO_NATS_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_data_folder_is_the_option_then_siko_data_then_the_users(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/home/erika")
    assert data_folder(None) == Path("/home/erika/.local/share/siko")

    monkeypatch.setenv("XDG_DATA_HOME", "/home/erika/data")
    assert data_folder(None) == Path("/home/erika/data/siko")

    monkeypatch.setenv("SIKO_DATA", "~/siko")
    assert data_folder(None) == Path("/home/erika/siko")

    monkeypatch.chdir(tmp_path)
    assert data_folder(Path("here")) == tmp_path / "here"


def test_the_broker_is_the_settings_then_that_of_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_run(tmp_path, RUNNING)
    assert nats_url(tmp_path) == "nats://127.0.0.1:8401"

    monkeypatch.setenv("SIKO_DATA", str(tmp_path))
    assert nats_url(None) == "nats://127.0.0.1:8401"

    monkeypatch.setenv("SIKO_NATS_URL", "nats://elsewhere:4222")
    assert nats_url(tmp_path) == "nats://elsewhere:4222"


def test_a_system_that_was_killed_is_not_taken_for_running(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_run(tmp_path, RUNNING | {"pid": gone.pid})

    assert read_run(tmp_path) is None
    with pytest.raises(Failure, match="start `siko up`") as failed:
        nats_url(tmp_path)
    assert failed.value.exit_code == 3


def test_a_run_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")

    with pytest.raises(Failure, match=r"run\.json cannot be read"):
        nats_url(tmp_path)


def test_the_run_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_run(tmp_path, RUNNING)
    before = (tmp_path / "run.json").stat().st_ino
    write_run(tmp_path, RUNNING | {"pid": 2})

    assert (tmp_path / "run.json").stat().st_ino != before
    assert json.loads((tmp_path / "run.json").read_text())["pid"] == 2
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]

    remove_run(tmp_path)
    remove_run(tmp_path)
    assert read_run(tmp_path) is None


def test_free_ports_are_all_different_and_can_be_listened_on() -> None:
    found = ports(0, 6)

    assert len(set(found)) == 6
    for port in found:
        socket.create_server(("127.0.0.1", port)).close()


def test_ports_follow_their_base() -> None:
    base = ports(0, 1)[0]

    assert ports(base, 1) == [base]


def test_a_taken_port_is_named_with_what_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(Failure, match=rf"port {port} is taken.*--port") as failed:
            ports(port, 1)

    assert failed.value.exit_code == 3


def test_a_data_folder_has_one_system_at_a_time(tmp_path: Path) -> None:
    with (
        kept_for_us(tmp_path),
        pytest.raises(Failure, match=rf"process {os.getpid()}\) uses {tmp_path}") as failed,
        kept_for_us(tmp_path),
    ):
        pass
    assert failed.value.exit_code == 3

    with kept_for_us(tmp_path):  # free again
        pass


def test_a_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with kept_for_us(tmp_path / "new" / "siko"):
        assert (tmp_path / "new" / "siko").stat().st_mode & 0o777 == 0o700


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(Failure, match=r"file/siko: Not a directory; choose another") as failed,
        kept_for_us(tmp_path / "file" / "siko"),
    ):
        pass
    assert failed.value.exit_code == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(Failure, match="Permission denied"), kept_for_us(tmp_path):
        pass


def test_a_data_folder_whose_name_would_end_a_database_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="question mark"), kept_for_us(tmp_path / "why?"):
        pass
