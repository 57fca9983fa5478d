"""`siko history`: all events of one aggregate."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Wide, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko history pp-koeln",
        "siko history obligation:siko:Leverkusen:2025@3",
    ),
)
def history(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of an aggregate or of an event.")],
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="What had been recorded by then.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    *,
    wide: Wide = False,
) -> None:
    """Show everything that has happened to one thing, in order."""
    from siko.history import history as run

    end_with(lambda: run(id_, as_of, output, data, wide=wide))
