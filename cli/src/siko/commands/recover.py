"""`siko recover`: a service whose database was restored."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Service, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko recover scheduler --plan",
        "siko recover scheduler --data /srv/siko",
        "siko recover scheduler --restored",
    ),
)
def recover(
    service: Service,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what is lost.")] = False,
    restored: Annotated[
        bool,
        typer.Option(
            "--restored",
            help="The stream was restored too, or is gone: it does not tell what is lost.",
        ),
    ] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """After a service's database was restored: show what is lost, go on behind it.

    For the data folder of a stopped `siko up`; on servers it is `siko-SERVICE recover`.
    """
    from siko.recover import recover as run

    end_with(lambda: run(service, output, data, plan=plan, restored=restored))
