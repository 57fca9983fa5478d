"""`siko import contacts`: how bodies are reached, from a CSV file."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.csv_form import Encoding, Form, Separator
from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    "contacts",
    epilog="\n\n".join(
        (
            (
                "\b\nColumns of FILE, in any order, all of them there:\n"
                "  body_id, email, postal_address, salutation, name\n"
                'An e-mail or a postal address is needed; an address of several lines stands in one value, in "…".'
            ),
            examples(
                "siko import contacts contacts.csv --plan",
                "siko --as secretariat import contacts from-excel.csv --separator semicolon --encoding windows-1252",
            ),
        )
    ),
)
def import_contacts(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Only show which contacts differ from those that you have set."
        ),
    ] = False,
    *,
    separator: Annotated[
        Separator, typer.Option(help="What stands between the columns.")
    ] = Separator.COMMA,
    encoding: Annotated[
        Encoding, typer.Option(help="Of the file; utf-8 with or without a mark (BOM).")
    ] = Encoding.UTF_8,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """How bodies are reached, from a CSV file; as a secretariat. Nothing is sent while one line is wrong."""
    from siko.import_contacts import import_contacts as run

    end_with(lambda: run(file, plan, output, data, Form(separator, encoding)))
