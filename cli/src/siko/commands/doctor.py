"""`siko doctor`: what is wrong with a system."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko doctor",
        "siko doctor --history             the whole record, not only a part of it",
        "SIKO_NATS_URL=nats://nats:4222 siko doctor --url scheduler=http://10.0.0.5:8080",
    ),
)
def doctor(
    urls: Annotated[
        list[str] | None,
        typer.Option(
            "--url",
            metavar="NAME=URL",
            help="Pages of a service elsewhere: scheduler=http://127.0.0.1:8080; may be repeated.",
        ),
    ] = None,
    *,
    history: Annotated[
        bool,
        typer.Option(
            "--history", help="Compare every stored event with its stream, not a part of them."
        ),
    ] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Say what is wrong with a system, why, and what to do next.

    Exit codes: 0 healthy, 1 something was found, 3 nothing answers.
    """
    from siko.doctor import doctor as run

    end_with(lambda: run(urls or [], output, data, history=history))
