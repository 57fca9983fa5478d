"""A small disk that can be filled."""

import contextlib
import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 20
PREFIX = "siko-chaos"


def hindrance() -> str | None:
    """Why no disk can be mounted here; None where one can."""
    if os.geteuid() != 0:
        return "needs root"
    with tempfile.TemporaryDirectory() as folder:
        try:
            SmallDisk(Path(folder), 1).close()
        except OSError:
            return "mounting is not allowed here"
    return None


class SmallDisk:
    """A tmpfs of so many megabytes, mounted on an empty folder."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        _remove_left_over()
        self.folder = folder
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755"]
        command.append(f"{PREFIX}-{os.getpid()}")
        done = subprocess.run([*command, folder], check=False, capture_output=True, timeout=10)
        if done.returncode:
            raise OSError(f"mount: {done.stderr.decode()}")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as opened, contextlib.suppress(_NoSpace):
                while True:
                    _write(opened.fileno(), BLOCK)
            with ballast.open("ab", buffering=0) as opened, contextlib.suppress(_NoSpace):
                while True:
                    _write(opened.fileno(), 1 << 10)
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def close(self) -> None:
        _unmount(self.folder)


def _remove_left_over() -> None:
    """Disks of a harness that was killed."""
    for line in Path("/proc/mounts").read_text().splitlines():
        source, target, *_ = line.split()
        owner = source.removeprefix(f"{PREFIX}-")
        if source != owner and not Path(f"/proc/{owner}").exists():
            _unmount(Path(target))


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=False, capture_output=True, timeout=10)


class _NoSpace(Exception):
    """The disk is full."""


def _write(descriptor: int, size: int) -> None:
    try:
        os.write(descriptor, bytes(size))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _NoSpace from None
        raise
