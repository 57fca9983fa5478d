"""`siko make-keys`: the signing key of a system's own sign-ins, and the public key for services."""

from pathlib import Path

from siko_contracts.exit_codes import DONE

from siko import addresses, issuer
from siko.output import say


def make_keys(public: Path | None, data: Path | None) -> int:
    """Create the signing key unless it exists; copy the public key to `public`. Returns the exit code."""
    folder = addresses.data_folder(data)
    say(str(issuer.make(folder)))
    if public is not None:
        issuer.publish(folder, public)
    return DONE
