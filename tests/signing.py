"""Whom tests act as: for each command and query somebody who may ask it, with a token of the test's own system."""

import os
import tempfile
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from siko import issuer
from siko.issuer import Issuer, signs
from siko.roles import SignIn
from siko_contracts.access import Access
from siko_contracts.messages import AUTHORIZATION

from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS

AUTHORITY = "pp-koeln"
OWN = Access(own=("secretariat",))
"""Of a service in small that has commands of its own."""


def signed_in(folder: Path, arguments: tuple[str, ...]) -> dict[str, str]:
    """Environment of a client command, with a token where this folder's system can give one."""
    who = _who(arguments)
    if who is None or not signs(folder):
        return {}
    handle, name = tempfile.mkstemp(prefix="token-", dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(Issuer(folder).token(SignIn.parse(who)))
    return {"SIKO_TOKEN_FILE": name}


def judging(folder: Path, service: str) -> dict[str, str]:
    """Settings of a service that verifies with this folder's key."""
    issuer.make(folder)
    return {
        "SIKO_IDENTITY_KEYS_FILE": str(issuer.keys_file(folder)),
        "SIKO_ACCESS_LOG_URL": f"sqlite:///{folder}/{service}-access.db",
    }


class SignedIn(Client):
    """A connection that asks with a token: whoever may ask it, where the test does not say who."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        issuer.make(folder)
        self.issuer = Issuer(folder)

    def bearer(self, who: str) -> dict[str, str]:
        """The header."""
        return {AUTHORIZATION: f"Bearer {self.issuer.token(SignIn.parse(who))}"}

    async def publish(
        self,
        subject: str,
        payload: bytes = b"",
        reply: str = "",
        headers: dict[str, Any] | None = None,
    ) -> None:
        """Requests too go out by it."""
        if subject.startswith(("siko.command.", "siko.query.")):
            headers = self.bearer(_asker(subject)) | (headers or {})
        await super().publish(subject, payload, reply, headers)


def _asker(subject: str) -> str:
    _, kind, service, name = subject.split(".")
    if kind == "query":
        return _reader(QUERY_ACCESS[service][name])
    return _doer(COMMAND_ACCESS[service].get(name, OWN), AUTHORITY)


def _who(arguments: tuple[str, ...]) -> str | None:
    match arguments:
        case ("send", service, command, *pairs):
            named = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
            access = COMMAND_ACCESS[service][command.replace("-", "_")]
            return _doer(access, named.get("authority_id", AUTHORITY))
        case ("query", service, name, *_):
            return _reader(QUERY_ACCESS[service][name.replace("-", "_")])
        case ("history" | "replay" | "access-log", *_):
            return "auditor"
        case ("dead-letters", *_):
            return "operator"
    return None


def _doer(access: Access, authority_id: str) -> str:
    return access.free[-1] if access.free else f"{access.own[0]}@{authority_id}"


def _reader(access: Access) -> str:
    return "auditor" if "auditor" in access.free else access.free[-1]
