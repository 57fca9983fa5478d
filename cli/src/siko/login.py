"""`siko login` and `siko logout`: the stored token of the client commands."""

import os
from datetime import UTC, datetime
from pathlib import Path

from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE, WRONG_USAGE

from siko import addresses, issuer
from siko.client import Client, refused, run
from siko.german.cells import row
from siko.issuer import Issuer
from siko.key_values import did_you_mean
from siko.output import Failure, Output, say, show, wrong_usage
from siko.roles import DEMO, OPERATOR, SignIn

NOT_AUTHORISED = "NotAuthorised"
CHECKED = (*AT_AN_AUTHORITY, "partner")
"""Roles that act for somebody whom the register knows."""
PATIENCE_S = 3.0
"""Time that the register has for its answer."""


def login(as_: str | None, output: Output, data: Path | None) -> int:
    """Store a token for the client commands that follow. Returns the exit code."""
    if provider := os.environ.get("SIKO_OIDC_ISSUER"):
        raise wrong_usage(
            f"tokens come from {provider}: get one there, and name its file with SIKO_TOKEN_FILE"
        )
    if as_ is None:
        raise wrong_usage(
            "say as whom: `siko login --as ROLE@ID`",
            such_as=", ".join(DEMO),
            signed_in=", ".join(map(str, issuer.signed_in(addresses.data_folder(data))))
            or "nobody",
        )
    sign_in = SignIn.parse(as_)
    folder = addresses.data_folder(data)
    token = Issuer(folder).token(sign_in)
    if sign_in.role in CHECKED:
        _ensure_registered(sign_in, data)
    issuer.store_token(folder, token, sign_in)
    until = datetime.fromtimestamp(issuer.claims(token)["exp"], UTC)
    document = {"signed_in": str(sign_in), "until": until.isoformat(timespec="seconds")}
    show(document, [row(document) if output == Output.TABLE else document], output)
    return DONE


def _ensure_registered(sign_in: SignIn, data: Path | None) -> None:
    """Raises Failure (exit code 2) if the running system's register does not know whom the sign-in acts for.

    Where no system answers or its register is still empty, that is said, and the sign-in goes on.
    """
    fact = "authority" if sign_in.role in AT_AN_AUTHORITY else "body"

    async def work(client: Client) -> int:
        asking = client.acting(OPERATOR)
        try:
            answer = await asking.view("scheduler", "register", **{f"{fact}_id": sign_in.held_for})
        except Failure as failure:
            if failure.code != "NotFound":
                raise
            raise wrong_usage(
                f"the register has no {fact} {sign_in.held_for!r}"
                f"{did_you_mean(sign_in.held_for, failure.details['nearest'])}"
            ) from None
        if not answer.items:
            say(f"The register is empty: {sign_in.held_for} is not checked.", aside=True)
        return DONE

    try:
        run(data, work, deadline_s=PATIENCE_S)
    except Failure as failure:
        if failure.exit_code == WRONG_USAGE:
            raise
        say(f"{sign_in.held_for} is not checked: {failure.message}", aside=True)


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
        issuer.remove_token(folder, token)
        say(outcome)
        return DONE

    return run(data, work)
