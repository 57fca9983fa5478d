"""`siko import nrw`: the reference data of North Rhine-Westphalia."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.csv_form import Encoding, Form, Separator
from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer(
    name="import",
    help="Bring real data into a running system. Which files, columns, separators and encodings: `siko import nrw --help`.",
    no_args_is_help=True,
)


FILES = {
    "authorities.csv": "id, name, kind, district, motorway_duty, public_prosecutors, note",
    "areas.csv": "authority_id, area, verified",
    "bodies-NAME.csv": "id, name, category, areas, route, via, leadership_function, verified",
    "bodies-siko-ap-NAME.csv": "id, name, category, route, leadership_function, verified",
}
"""Pattern of a file's name -> its columns. docs/importing.md says what stands in them."""


@app.command(
    "nrw",
    epilog="\n\n".join(
        (
            "\n".join(
                (
                    "\b",
                    "Files in DIR, and their columns in any order (docs/importing.md says what stands in them):",
                    *(f"  {file}\n    {columns}" for file, columns in FILES.items()),
                    "At least one file of bodies; bodies-siko-ap-NAME.csv is of the motorways of pp-NAME.",
                    'A list is a|b, a truth yes or no; a value that holds the separator stands in "…".',
                )
            ),
            examples(
                "siko import nrw",
                "siko import nrw ./my-register --plan",
                "siko import nrw ./from-excel --plan --separator semicolon --encoding windows-1252",
            ),
        )
    ),
)
def import_nrw(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Default: the data that siko brings.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show what differs from the register.")
    ] = False,
    *,
    separator: Annotated[
        Separator, typer.Option(help="What stands between the columns of the files in DIR.")
    ] = Separator.COMMA,
    encoding: Annotated[
        Encoding, typer.Option(help="Of the files in DIR; utf-8 with or without a mark (BOM).")
    ] = Encoding.UTF_8,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Authorities, areas and bodies of North Rhine-Westphalia from CSV files."""
    from siko.import_nrw import import_nrw as run

    end_with(lambda: run(directory, plan, output, data, Form(separator, encoding)))
