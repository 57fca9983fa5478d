"""`siko query`: a view of a service."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import (
    Data,
    OutputFormat,
    Pairs,
    Query,
    Service,
    Wide,
    WithForm,
    end_with,
    examples,
)
from siko.output import Output

app = typer.Typer()


@app.command(
    cls=WithForm,
    epilog=examples(
        "siko query reporting compliance authority_id=pp-koeln year=2025",
        "siko query reporting conferences --output jsonl",
        "siko query reporting conferences --wide    every column",
        "siko query reporting conferences --help    the parameters; `siko queries` lists all",
    ),
)
def query(
    service: Service,
    name: Query,
    pairs: Pairs = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    *,
    texts: Annotated[
        bool | None,
        typer.Option(
            "--texts/--no-texts",
            help="Titles, reasons and comments beside the ids of reporting's views; default: in tables only.",
            show_default=False,
        ),
    ] = None,
    wide: Wide = False,
) -> None:
    """Ask a service for a view."""
    from siko.query import query as run

    end_with(lambda: run(service, name, pairs or [], output, data, texts=texts, wide=wide))
