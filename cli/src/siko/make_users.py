"""`siko make-users`: logins for a broker that `siko up` does not start."""

from pathlib import Path

from siko_contracts.exit_codes import DONE

from siko import broker_users
from siko.output import say


def make_users(out: Path) -> int:
    """Create credentials and a configuration for a broker that requires a login. Returns the exit code."""
    say(str(broker_users.make(out.expanduser().absolute())))
    return DONE
