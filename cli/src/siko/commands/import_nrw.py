"""`siko import nrw`: the reference data of North Rhine-Westphalia."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer(
    name="import", help="Bring real data into a running system.", no_args_is_help=True
)


@app.command(
    "nrw",
    epilog=examples(
        "siko import nrw",
        "siko import nrw ./my-register --plan",
    ),
)
def import_nrw(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Default: the data that siko brings.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show what differs from the register.")
    ] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Authorities, areas and bodies of North Rhine-Westphalia from CSV files."""
    from siko.import_nrw import import_nrw as run

    end_with(lambda: run(directory, plan, output, data))
