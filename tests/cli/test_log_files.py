"""Log files of `siko up`: whatever a program says, they hold a bounded part of it, and the program is not held up."""

import subprocess
import sys
from pathlib import Path

import pytest
from siko import log_files
from siko.log_files import LogFile

from tests.chaos import disk

MEGABYTE = 1_000_000


def said(file: Path, source: str) -> int:
    """Runs a program that says something; its exit code."""
    log = LogFile(file)
    program = subprocess.Popen(
        [sys.executable, "-I", "-c", source], stdout=log.pipe, stderr=log.pipe
    )
    log.begin()
    exit_code = program.wait(30)
    log.wait(30)
    return exit_code


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_what_a_program_says_is_in_the_file_behind_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "example.log"
    file.write_text("of yesterday\n")
    said(file, "print('Köln', flush=True); import os; os.write(2, b'\\xff\\nno line end')")
    assert file.read_text() == "of yesterday\nKöln\n\N{REPLACEMENT CHARACTER}\nno line end\n"


def test_a_program_that_never_ends_to_complain_adds_little_and_is_not_held_up(
    tmp_path: Path,
) -> None:
    file = tmp_path / "example.log"
    file.write_text("of yesterday\n")
    assert said(file, "for n in range(300_000): print('refused', n, 'x' * 100)") == 0
    assert size(tmp_path) < log_files.MINUTE_BYTES + 1000
    first, *_, last = file.read_text().splitlines()
    assert first == "of yesterday"
    assert last.startswith("(3")
    assert last.endswith("bytes left out: more than 500000 in a minute)")


def test_a_line_without_an_end_is_bounded_too(tmp_path: Path) -> None:
    assert said(tmp_path / "example.log", f"print('x' * {5 * MEGABYTE})") == 0
    assert size(tmp_path) < log_files.MINUTE_BYTES + 1000


def test_old_files_are_kept_up_to_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "FILE_BYTES", 10_000)
    said(tmp_path / "example.log", "for n in range(4000): print(f'{n:020}')")
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"example.log", *(f"example.log.{n}" for n in range(1, log_files.KEPT + 1))}
    assert size(tmp_path) <= 10_000 * (log_files.KEPT + 1)
    assert (tmp_path / "example.log").read_text().endswith(f"{3999:020}\n")


@pytest.mark.skipif(disk.hindrance() is not None, reason=str(disk.hindrance()))
def test_on_a_full_disk_lines_are_lost_and_the_program_goes_on(tmp_path: Path) -> None:
    small = disk.SmallDisk(tmp_path, 1)
    try:
        with small.full():
            assert said(tmp_path / "example.log", "for n in range(9000): print(n)") == 0
    finally:
        small.close()
