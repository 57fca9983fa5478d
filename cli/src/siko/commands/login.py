"""`siko login` and `siko logout`: who the client commands act as."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples, roles
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko login --as secretariat@pp-koeln",
        "siko login --as partner:leadership@stadt-koeln",
        "siko login --as auditor",
        "siko --as secretariat query reporting conferences    an earlier sign-in, for one command",
    ),
)
def login(
    as_: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="ROLE@ID",
            help="Role, and the authority or body that it acts for.",
            autocompletion=roles,
        ),
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Sign in to the system of a data folder, for an hour. Earlier sign-ins stay; the last one is the default.

    Where SIKO_OIDC_ISSUER is set, tokens come from there: name a file with one by SIKO_TOKEN_FILE.
    """
    from siko.login import login as run

    end_with(lambda: run(as_, output, data))


@app.command(epilog=examples("siko logout", "siko --as auditor logout"))
def logout(data: Data = None) -> None:
    """Sign out: the token is refused everywhere from now on. Other sign-ins stay."""
    from siko.login import logout as run

    end_with(lambda: run(data))
