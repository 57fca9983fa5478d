"""Makes files and folders with keys, passwords or texts accessible to their owner only."""

import os
import stat
from pathlib import Path

UMASK = 0o077
"""The umask of every siko process: the files it creates are accessible to their owner only."""
GROUP_AND_OTHERS = 0o077
OTHERS = 0o007
WRITE_AHEAD = ("-wal", "-shm")
"""Suffixes of the files that SQLite keeps beside a database."""


class OpenToOthers(PermissionError):
    """The file belongs to another user, so we cannot close it to others; the message says who can, and how."""


def ensure_private(path: Path, *, may_be_lent: bool = False) -> bool:
    """Remove others' access to a file of ours; return whether there was any. Raises OpenToOthers if it is not ours.

    `may_be_lent`: a file that is not ours may be accessible to its group, as Kubernetes and systemd provide secrets.
    """
    status = path.stat()
    is_ours = status.st_uid == os.geteuid()
    forbidden = OTHERS if may_be_lent and not is_ours else GROUP_AND_OTHERS
    if not status.st_mode & forbidden:
        return False
    if not is_ours:
        raise OpenToOthers(
            f"{path} is open to others and belongs to user {status.st_uid}: `chmod go= {path}`, as that user or as root"
        )
    path.chmod(stat.S_IMODE(status.st_mode) & ~GROUP_AND_OTHERS)
    return True


def ensure_private_database(file: str) -> None:
    """Make an SQLite file and those beside it private; create it if missing. Raises OpenToOthers as `ensure_private`."""
    path = Path(file)
    path.touch(0o600)
    ensure_private(path)
    for suffix in WRITE_AHEAD:
        beside = path.with_name(f"{path.name}{suffix}")
        if beside.exists():
            ensure_private(beside)
