"""`siko make-keys`: the signing key of a system's own sign-ins, and what services verify with."""

from pathlib import Path

from siko import addresses, issuer
from siko.output import DONE, say


def make_keys(public: Path | None, data: Path | None) -> int:
    """`public`: a copy of what services verify with, for a place where the signing key is not. Exit code."""
    folder = addresses.data_folder(data)
    say(str(issuer.make(folder)))
    if public is not None:
        issuer.publish(folder, public)
    return DONE
