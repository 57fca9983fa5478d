"""Files and folders that hold keys, passwords or texts: their owner's alone."""

import os
import stat
from pathlib import Path

UMASK = 0o077
"""Of every process of siko: whatever it makes is its owner's alone."""
GROUP_AND_OTHERS = 0o077
OTHERS = 0o007
WRITE_AHEAD = ("-wal", "-shm")
"""What SQLite keeps beside a database."""


class OpenToOthers(PermissionError):
    """It is somebody else's, so that we cannot close it to others; the message says who can, and how."""


def ensure_private(path: Path, *, may_be_lent: bool = False) -> bool:
    """Close to others what is ours; whether there was something to close. OpenToOthers where it is not ours.

    `may_be_lent`: a group may have it where it is not ours, as Kubernetes and systemd hand secrets over.
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
    """An SQLite file, and what lies beside it; made where it is missing. OpenToOthers as above."""
    path = Path(file)
    path.touch(0o600)
    ensure_private(path)
    for suffix in WRITE_AHEAD:
        beside = path.with_name(f"{path.name}{suffix}")
        if beside.exists():
            ensure_private(beside)
