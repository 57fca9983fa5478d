"""`siko commands` and `siko queries`: what can be sent and asked."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the contracts

import typer

from siko.options import AnyService, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko commands scheduler",
        "siko send scheduler schedule_conference --help    the fields of one",
    ),
)
def commands(service: AnyService = None, output: OutputFormat = Output.TABLE) -> None:
    """List what can be sent, with who may send it."""
    from siko.catalogue import show_commands as run

    end_with(lambda: run(service, output))


@app.command(
    epilog=examples(
        "siko queries reporting",
        "siko query reporting compliance --help    the parameters of one",
    ),
)
def queries(service: AnyService = None, output: OutputFormat = Output.TABLE) -> None:
    """List what can be asked, with who may ask it."""
    from siko.catalogue import show_queries as run

    end_with(lambda: run(service, output))
