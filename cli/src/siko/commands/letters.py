"""`siko letters`: every letter of a conference, before it leaves and after."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Wide, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko letters 0192f0c4-0000-7000-8000-000000000001",
        "siko letters 0192f0c4-0000-7000-8000-000000000001 --pdf letters",
        "siko letters 0192f0c4-0000-7000-8000-000000000001 --sheet sheet.pdf",
    ),
)
def letters(
    conference_id: Annotated[
        str, typer.Argument(metavar="CONFERENCE", help="Its id, from `siko query reporting …`.")
    ],
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write each letter as PDF into this folder, to print it."),
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the list to be signed in the session as PDF."),
    ] = None,
    *,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
) -> None:
    """Show every letter of a conference, before the release and after. Nothing is sent."""
    from siko.letters import letters as run

    end_with(lambda: run(conference_id, pdf, sheet, output, data, wide=wide))
