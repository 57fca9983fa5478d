"""`siko make-users`: logins for a broker that `siko up` does not start."""

from pathlib import Path

from siko import broker_users
from siko.output import DONE, say


def make_users(out: Path) -> int:
    """For a broker that lets in nobody without a login. Exit code."""
    say(str(broker_users.make(out.expanduser().absolute())))
    return DONE
