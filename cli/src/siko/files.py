"""Files that hold secrets: written atomically, and closed to others."""

import os
from contextlib import suppress
from pathlib import Path

from siko_contracts.exit_codes import UNREACHABLE
from siko_core.files import OpenToOthers, ensure_private

from siko.output import Failure, unreachable


def close_to_others(path: Path) -> None:
    """Remove group and world permissions. Raises Failure (exit code 3) if the file is open and another user's."""
    try:
        ensure_private(path, may_be_lent=True)
    except OpenToOthers as error:
        raise unreachable(str(error)) from None


def write(file: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file atomically; its mode is set whatever the umask. Raises Failure (exit code 3) on OSError."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        with suppress(FileNotFoundError):
            fresh.unlink()
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            os.fchmod(handle, mode)
        fresh.replace(file)
    except OSError as error:
        raise Failure(UNREACHABLE, "NotWritable", f"{file}: {error.strerror}") from None
