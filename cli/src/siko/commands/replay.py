"""`siko replay`: a service's whole log, verified."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Service, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko replay scheduler > scheduler.jsonl",
    ),
)
def replay(
    service: Service,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="What had been recorded by then.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.JSONL,
) -> None:
    """Write a service's whole log, its chain checked, and compared with its stream.

    Exit codes: 0 nothing differs, 1 something does (each position on stderr), 3 not all could be compared.
    """
    from siko.replay import replay as run

    end_with(lambda: run(service, until, output, data))
