"""`siko import bounce`: a letter that could not be delivered."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command("bounce", epilog=examples("siko import bounce report.eml"))
def import_bounce(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="The report as a mail program saves it.")
    ],
    *,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """The report of a mail server that a letter could not be delivered (RFC 3464)."""
    from siko.import_bounce import import_bounce as run

    end_with(lambda: run(file, output, data))
