"""`siko ics`: a conference as a calendar file."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, end_with, examples

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko ics 0192f0c4-0000-7000-8000-000000000001",
        "siko ics 0192f0c4-0000-7000-8000-000000000001 --body ag-koeln --file ag-koeln.ics",
    ),
)
def ics(
    conference_id: Annotated[str, typer.Argument(metavar="CONFERENCE", help="Its id.")],
    body_id: Annotated[
        str | None,
        typer.Option(
            "--body",
            metavar="ID",
            help="The file that this body gets with its mail; default: one for your own calendar.",
        ),
    ] = None,
    file: Annotated[Path, typer.Option(metavar="FILE")] = Path("termin.ics"),
    *,
    data: Data = None,
) -> None:
    """Write the calendar file of a conference."""
    from siko.ics import ics as run

    end_with(lambda: run(conference_id, body_id, file, data))
