"""Users of a broker: a credentials file for each, and a server configuration with their password hashes."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import bcrypt
from siko_contracts.exit_codes import UNREACHABLE, WRONG_USAGE
from siko_core.broker import connection, permissions
from siko_core.settings import SettingsError

from siko import addresses
from siko.files import close_to_others, write
from siko.output import Failure, unreachable, wrong_usage

FOLDER = "logins"
_CREDENTIALS = "credentials"
_USERS = Path("broker") / "users.conf"
_ROUNDS = 4
"""A random password of 256 bits cannot be guessed; more rounds would only slow down connecting."""


def make(folder: Path, *, guest: bool = False) -> Path:
    """Create missing credentials, rewrite the broker's configuration, and return its file.

    `guest`: a client without a login gets the permissions of a door and a subscriber.
    """
    hashes = {user.name: _hash(_password(folder, user.name)) for user in permissions.users()}
    file = folder / _USERS
    _folder(file.parent)
    configuration = permissions.configuration(hashes, guest=guest)
    write(file, f"{json.dumps(configuration, indent=2)}\n".encode(), 0o644)
    return file


def credentials(user: str, data: Path | None) -> Path | None:
    """Return the credentials file of a client command; None if there is none, as at a broker without users.

    SIKO_NATS_CREDENTIALS_FILE, else that of the data folder, unless SIKO_NATS_URL names another broker.
    """
    if named := os.environ.get("SIKO_NATS_CREDENTIALS_FILE"):
        return Path(named)
    if os.environ.get("SIKO_NATS_URL"):
        return None
    file = credentials_file(addresses.data_folder(data) / FOLDER, user)
    return file if os.access(file, os.R_OK) else None


def options(credentials: Path | None) -> dict[str, Any]:
    """Return arguments for nats-py's `connect`. Raises Failure (exit code 2) if the file holds no credentials."""
    try:
        return connection.login(credentials)
    except SettingsError as error:
        raise wrong_usage(str(error)) from None


def tls(url: str) -> dict[str, Any]:
    """Return TLS arguments for nats-py's `connect`. Raises Failure (exit code 2) if url and SIKO_NATS_CA_FILE conflict."""
    try:
        return connection.tls(url, ca_file())
    except SettingsError as error:
        raise wrong_usage(str(error)) from None


def ca_file() -> Path | None:
    named = os.environ.get("SIKO_NATS_CA_FILE")
    return Path(named) if named else None


def not_connected(url: str, reason: str) -> Failure:
    """Return a Failure (exit code 3) whose advice fits the reason: no broker, or a refused login."""
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
    """Return the password of a user; it is generated once and then kept. Raises Failure if the file is damaged."""
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
    """Create a folder. Missing parents are readable by all: nats-server may run as another user."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        for path in reversed(missing):
            path.mkdir()
            path.chmod(mode if path == folder else 0o755)
        if mode != 0o755:  # noqa: PLR2004 - as above
            close_to_others(folder)
    except OSError as error:
        raise Failure(UNREACHABLE, "NotWritable", f"{folder}: {error.strerror}") from None


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()
