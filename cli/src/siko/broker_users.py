"""The users of a broker: a password each, in a file of its own; and a configuration that knows only their hashes."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import bcrypt
from siko_core import connection, permissions
from siko_core.settings import SettingsError

from siko import addresses
from siko.files import close_to_others, write
from siko.output import UNREACHABLE, WRONG_USAGE, Failure, unreachable, wrong_usage

FOLDER = "logins"
_CREDENTIALS = "credentials"
_USERS = Path("broker") / "users.conf"
_ROUNDS = 4
"""What is drawn from 256 bits cannot be guessed: a costly hash would only make connecting slow."""


def make(folder: Path, *, guest: bool = False) -> Path:
    """Credentials that are not there yet, and the broker's configuration, always anew; its file.

    `guest`: whoever connects without a login may do what a door and a subscriber may.
    """
    hashes = {user.name: _hash(_password(folder, user.name)) for user in permissions.users()}
    file = folder / _USERS
    _folder(file.parent)
    told = permissions.configuration(hashes, guest=guest)
    write(file, f"{json.dumps(told, indent=2)}\n".encode(), 0o644)
    return file


def credentials(user: str, data: Path | None) -> Path | None:
    """With which a client command connects; None where none is known, as at a broker without users.

    SIKO_NATS_CREDENTIALS_FILE, else that of the data folder, unless SIKO_NATS_URL names another broker.
    """
    if named := os.environ.get("SIKO_NATS_CREDENTIALS_FILE"):
        return Path(named)
    if os.environ.get("SIKO_NATS_URL"):
        return None
    file = credentials_file(addresses.data_folder(data) / FOLDER, user)
    return file if os.access(file, os.R_OK) else None


def options(credentials: Path | None) -> dict[str, Any]:
    """Of nats-py's `connect`; Failure (exit code 2) where the credentials are none."""
    try:
        return connection.login(credentials)
    except SettingsError as error:
        raise wrong_usage(str(error)) from None


def tls(url: str) -> dict[str, Any]:
    """Of nats-py's `connect`, by the address and SIKO_NATS_CA_FILE; Failure (exit code 2) where they do not fit."""
    try:
        return connection.tls(url, ca_file())
    except SettingsError as error:
        raise wrong_usage(str(error)) from None


def ca_file() -> Path | None:
    named = os.environ.get("SIKO_NATS_CA_FILE")
    return Path(named) if named else None


def not_connected(url: str, reason: str) -> Failure:
    """What to try depends on whether nobody is there, or somebody who does not know us (exit code 3)."""
    if "authorization violation" in reason.lower():
        return unreachable(
            f"NATS at {url} does not know this login: name the file of another with"
            " SIKO_NATS_CREDENTIALS_FILE (`siko make-users` makes them)"
        )
    return unreachable(
        f"no NATS at {url}: {reason}; start the system with `siko up`, or check SIKO_NATS_URL"
    )


def credentials_file(folder: Path, user: str) -> Path:
    return folder / user / _CREDENTIALS


def _password(folder: Path, user: str) -> str:
    """Drawn once."""
    file = credentials_file(folder, user)
    _folder(file.parent, 0o700)
    if not file.exists():
        write(file, f"{user}:{secrets.token_urlsafe()}\n".encode())
    close_to_others(file)
    named, _, password = file.read_text(encoding="utf-8").strip().partition(":")
    if named != user or not password:
        raise Failure(
            WRONG_USAGE, "NoCredentials", f"{file} does not hold {user}:PASSWORD: remove it"
        )
    return password


def _folder(folder: Path, mode: int = 0o755) -> None:
    """What is missing on the way to it is open to all: nats-server may run as another user, and hold no password."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        for each in reversed(missing):
            each.mkdir()
            each.chmod(mode if each == folder else 0o755)
        if mode != 0o755:  # noqa: PLR2004 - as above
            close_to_others(folder)
    except OSError as error:
        raise Failure(UNREACHABLE, "NotWritable", f"{folder}: {error.strerror}") from None


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()
