"""Signing in and out, and who read what."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from siko_contracts.answers import Refusal
from siko_contracts.queries import AccessLog

from siko import addresses, issuer
from siko.client import Client, refused, run
from siko.issuer import Issuer
from siko.output import DONE, Output, say, show, wrong_usage
from siko.roles import DEMO, SignIn
from siko.up import SERVICES

NOT_AUTHORISED = "NotAuthorised"
COLUMNS = ("at", "service", "subject", "role", "held_for", "asked", "about", "basis", "outcome")


def login(as_: str | None, output: Output, data: Path | None) -> int:
    """Stores a token for the client commands that follow. Exit code."""
    if provider := os.environ.get("SIKO_OIDC_ISSUER"):
        raise wrong_usage(
            f"tokens come from {provider}: get one there, and name its file with SIKO_TOKEN_FILE"
        )
    if as_ is None:
        raise wrong_usage("say as whom: `siko login --as ROLE@ID`", such_as=", ".join(DEMO))
    sign_in = SignIn.parse(as_)
    folder = addresses.data_folder(data)
    token = Issuer(folder).token(sign_in)
    issuer.store_token(folder, token)
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    until = datetime.fromtimestamp(ends, UTC).isoformat(timespec="seconds")
    told = {"signed_in": str(sign_in), "until": until}
    show(told, [told], output)
    return DONE


def make_keys(public: Path | None, data: Path | None) -> int:
    """`public`: a copy of what services verify with, for a place where the signing key is not. Exit code."""
    folder = addresses.data_folder(data)
    say(str(issuer.make(folder)))
    if public is not None:
        issuer.publish(folder, public)
    return DONE


def logout(data: Path | None) -> int:
    """The token is refused everywhere from now on, also by services that are down, and is removed. Exit code."""
    folder = addresses.data_folder(data)
    token = issuer.stored_token(folder)
    if token is None:
        say("nobody is signed in")
        return DONE

    async def work(client: Client) -> int:
        answer, said = await client.sign_out(), "signed out"
        if isinstance(answer, Refusal):
            if answer.error.code != NOT_AUTHORISED:
                raise refused(answer)
            said = f"nobody was signed in: {answer.error.message}"
        issuer.remove_token(folder)
        say(said)
        return DONE

    return run(data, work)


def access_log(
    filters: dict[str, Any], service: str | None, output: Output, data: Path | None
) -> int:
    """Of one service or of all; the latest last, as a log reads. Exit code."""
    if service is not None and service not in SERVICES:
        raise wrong_usage(f"there is no service {service!r}", known=", ".join(SERVICES))
    asked = {name: value for name, value in filters.items() if value is not None}

    async def work(client: Client) -> int:
        answers = await asyncio.gather(
            *(
                client.view(each, AccessLog.NAME, **asked)
                for each in SERVICES
                if service in {None, each}
            )
        )
        items = sorted((i for answer in answers for i in answer.items), key=lambda item: item["at"])
        show({"items": items}, items, output, columns=COLUMNS)
        return DONE

    return run(data, work)
