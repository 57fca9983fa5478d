"""`siko login`, `siko logout`, `siko make-keys` and `siko access-log`."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

entering_app = typer.Typer()


@entering_app.command(
    epilog=examples(
        "siko login --as secretariat@pp-koeln",
        "siko login --as partner:leadership@stadt-koeln",
        "siko login --as auditor",
    ),
)
def login(
    as_: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="ROLE@ID", help="Role, and the authority or body that it acts for."
        ),
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Sign in to the system of a data folder, for an hour.

    Where SIKO_OIDC_ISSUER is set, tokens come from there: name a file with one by SIKO_TOKEN_FILE.
    """
    from siko.login import login as run

    end_with(lambda: run(as_, output, data))


@entering_app.command(epilog=examples("siko logout"))
def logout(data: Data = None) -> None:
    """Sign out: the token is refused everywhere from now on."""
    from siko.login import logout as run

    end_with(lambda: run(data))


@entering_app.command(
    "make-keys", epilog=examples("siko make-keys --data /signer --public /keys/keys.json")
)
def make_keys(
    public: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also put there what services verify with."),
    ] = None,
    data: Data = None,
) -> None:
    """Make the signing key of a system's own sign-ins, once; `siko up` does it by itself."""
    from siko.login import make_keys as run

    end_with(lambda: run(public, data))


@entering_app.command(
    "access-log",
    epilog=examples(
        "siko access-log --since 2026-11-01T00:00:00+01:00",
        "siko access-log --outcome NotAuthorised --output jsonl",
    ),
)
def access_log(
    since: Annotated[str | None, typer.Option(metavar="TIME")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE")] = None,
    held_for: Annotated[
        str | None, typer.Option("--for", metavar="ID", help="Authority or body.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="CODE", help="given, or a refusal's code.")
    ] = None,
    *,
    service: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="Default: all of them.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of each service.")] = 100,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show who read what, and who was refused for lack of rights (as auditor)."""
    from siko.login import access_log as run

    asked = {"since": since, "role": role, "held_for": held_for, "outcome": outcome}
    end_with(lambda: run({**asked, "limit": limit}, service, output, data))
