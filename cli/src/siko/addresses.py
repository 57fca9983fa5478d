"""Location of a system: data folder, ports, and `run.json`, which publishes its addresses."""

import errno
import fcntl
import json
import os
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from siko_contracts.exit_codes import UNREACHABLE
from siko_core.files import GROUP_AND_OTHERS, OpenToOthers, ensure_private

from siko.output import Failure, say, unreachable

HOST = "127.0.0.1"
RUN_FILE = "run.json"
LOCK = "lock"
_OUTSIDE_EPHEMERAL_RANGE = range(20_000, 32_768)
"""No system assigns these ports to outgoing connections, so a restarted service finds its own free."""


def data_folder(option: Path | None) -> Path:
    """`--data`, else $SIKO_DATA, else siko's folder under the user's data; absolute."""
    if option is not None:
        return option.expanduser().absolute()
    if named := os.environ.get("SIKO_DATA"):
        return Path(named).expanduser().absolute()
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return (Path(home) / "siko").expanduser().absolute()


@contextmanager
def kept_for_us(folder: Path) -> Iterator[None]:
    """Create the data folder if needed and hold its lock, so that no second `siko up` uses it."""
    try:
        lock = _prepare(folder)
    except OpenToOthers as error:
        raise Failure(UNREACHABLE, "DataFolderOpen", str(error)) from None
    except OSError as error:
        raise Failure(
            UNREACHABLE,
            "DataFolderNotWritable",
            f"{folder}: {error.strerror}; choose another folder with --data DIR",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Failure(
                UNREACHABLE,
                "DataFolderInUse",
                f"another `siko up` (process {lock.read().strip()}) uses {folder};"
                " stop it, or choose another folder with --data DIR",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        remove_run(folder)  # left by one that was killed
        yield


def _prepare(folder: Path) -> TextIO:
    """Return the open lock file. Raises OSError if the folder cannot hold a system's data."""
    if "?" in str(folder):  # an SQLite address would end there
        raise OSError(errno.EINVAL, "its name must not contain a question mark")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds the sealing keys
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    _close_to_others(folder)
    (folder / "logs").mkdir(exist_ok=True)
    return (folder / LOCK).open("a+")


def _close_to_others(folder: Path) -> None:
    """Remove group and world permissions. Raises OpenToOthers if the folder is not siko's own."""
    is_open = folder.stat().st_mode & GROUP_AND_OTHERS
    if is_open and any(folder.iterdir()) and not (folder / LOCK).exists():
        raise OpenToOthers(
            f"{folder} is open to others and holds more than siko's data: name a folder of siko's own"
            f" with --data DIR, or `chmod go= {folder}`"
        )
    if ensure_private(folder):
        say(f"{folder} was open to others: it is its owner's alone now", aside=True)


def nats_url(data: Path | None) -> str:
    """The broker of the system that a client command means.

    SIKO_NATS_URL, else the address in `run.json` of the data folder. Raises Failure (exit code 3)
    if neither names a running system.
    """
    if url := os.environ.get("SIKO_NATS_URL"):
        return url
    folder = data_folder(data)
    running = read_run(folder)
    if running is None:
        raise unreachable(
            f"no siko is running in {folder}; start `siko up`, or name its data folder with"
            " --data, or its broker with SIKO_NATS_URL"
        )
    return str(running["nats_url"])


def read_run(folder: Path) -> dict[str, Any] | None:
    """Return the content of `run.json`; None if that system has stopped or was killed."""
    try:
        running: dict[str, Any] = json.loads((folder / RUN_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise unreachable(f"{folder / RUN_FILE} cannot be read: {error}") from None
    return running if _lives(running.get("pid")) else None


def write_run(folder: Path, running: dict[str, Any]) -> None:
    """Replace `run.json` atomically, so that a reader never sees a partial file."""
    fresh = folder / f".{RUN_FILE}.new"
    fresh.write_text(json.dumps(running, indent=2) + "\n")
    fresh.replace(folder / RUN_FILE)


def remove_run(folder: Path) -> None:
    (folder / RUN_FILE).unlink(missing_ok=True)


def ports(base: int, number: int) -> list[int]:
    """Return `number` free ports from `base` on; with base 0 any free ones. Raises Failure if one is taken."""
    if base == 0:
        candidates = random.sample(_OUTSIDE_EPHEMERAL_RANGE, len(_OUTSIDE_EPHEMERAL_RANGE))
        free = (port for port in candidates if _hindrance(port) is None)
        return [next(free) for _ in range(number)]
    wanted = list(range(base, base + number))
    for port in wanted:
        if hindrance := _hindrance(port):
            raise Failure(
                UNREACHABLE,
                "PortTaken",
                f"port {port} {hindrance}; siko needs {wanted[0]} to {wanted[-1]}: free it, or choose"
                " others with --port N (--port 0: any that are free)",
            )
    return wanted


def _hindrance(port: int) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        # as servers do: a port in TIME_WAIT can be bound
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "is taken" if taken else f"cannot be used ({error.strerror})"
    return None


def _lives(pid: int | None) -> bool:
    if pid is None:  # `run.json` was written by hand
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as another user
        return True
    return True
