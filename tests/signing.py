"""Whom tests act as: for each command of the command line somebody who may do it, signed in beforehand."""

import os
import tempfile
from pathlib import Path

from siko.issuer import Issuer, signs
from siko.sign_ins import SignIn
from siko_contracts.access import COMMAND_ACCESS, QUERY_ACCESS

AUTHORITY = "pp-koeln"


def signed_in(folder: Path, arguments: tuple[str, ...]) -> dict[str, str]:
    """Environment of a client command, with a token where this folder's system can give one."""
    who = _who(arguments)
    if who is None or not signs(folder):
        return {}
    handle, name = tempfile.mkstemp(prefix="token-", dir=folder)
    with os.fdopen(handle, "w") as file:
        file.write(Issuer(folder).token(SignIn.parse(who)))
    return {"SIKO_TOKEN_FILE": name}


def _who(arguments: tuple[str, ...]) -> str | None:
    match arguments:
        case ("send", service, command, *pairs):
            access = COMMAND_ACCESS[service][command.replace("-", "_")]
            if access.free:
                return access.free[-1]
            named = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
            return f"{access.own[0]}@{named.get('authority_id', AUTHORITY)}"
        case ("query", service, name, *_):
            free = QUERY_ACCESS[service][name.replace("-", "_")].free
            return "auditor" if "auditor" in free else free[-1]
        case ("history" | "replay" | "access-log", *_):
            return "auditor"
        case ("dead-letters", *_):
            return "operator"
    return None
