"""`siko login` and `siko logout`: the stored token of the client commands."""

import os
from datetime import UTC, datetime
from pathlib import Path

import jwt
from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE

from siko import addresses, issuer
from siko.client import Client, refused, run
from siko.issuer import Issuer
from siko.output import Output, say, show, wrong_usage
from siko.roles import DEMO, SignIn

NOT_AUTHORISED = "NotAuthorised"


def login(as_: str | None, output: Output, data: Path | None) -> int:
    """Store a token for the client commands that follow. Returns the exit code."""
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
    document = {"signed_in": str(sign_in), "until": until}
    show(document, [document], output)
    return DONE


def logout(data: Path | None) -> int:
    """Revoke the token at all services, also those that are down, and remove it. Returns the exit code."""
    folder = addresses.data_folder(data)
    token = issuer.stored_token(folder)
    if token is None:
        say("nobody is signed in")
        return DONE

    async def work(client: Client) -> int:
        answer, outcome = await client.sign_out(), "signed out"
        if isinstance(answer, Refusal):
            if answer.error.code != NOT_AUTHORISED:
                raise refused(answer)
            outcome = f"nobody was signed in: {answer.error.message}"
        issuer.remove_token(folder)
        say(outcome)
        return DONE

    return run(data, work)
