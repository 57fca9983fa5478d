"""`siko make-keys`: the signing key of a system's own sign-ins."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, end_with, examples

app = typer.Typer()


@app.command("make-keys", epilog=examples("siko make-keys --data /signer --public /keys/keys.json"))
def make_keys(
    public: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also put there what services verify with."),
    ] = None,
    data: Data = None,
) -> None:
    """Make the signing key of a system's own sign-ins, once; `siko up` does it by itself."""
    from siko.make_keys import make_keys as run

    end_with(lambda: run(public, data))
