"""`siko up`: the whole system on one machine."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, end_with, examples

app = typer.Typer()

DEFAULT_PORT = 8400
HIGHEST_PORT = 65_535 - 5
"""`siko up --port N` takes the five ports behind it too."""


@app.command(
    epilog=examples(
        "siko up                            on ports 8400 to 8405",
        "siko up --data /srv/siko --port 0  a data folder of its own, any free ports",
        "siko up --demo                     a year of Cologne and Leverkusen",
    ),
)
def up(
    data: Data = None,
    port: Annotated[
        int,
        typer.Option(min=0, max=HIGHEST_PORT, help="First of six ports; 0: any that are free."),
    ] = DEFAULT_PORT,
    demo: Annotated[
        bool, typer.Option("--demo", help="Manual clock, import, demo, verdicts; then stay.")
    ] = False,
    exit_after_demo: Annotated[
        bool, typer.Option("--exit", help="With --demo: stop when it has ended.")
    ] = False,
) -> None:
    """Run the whole system here, in the foreground, until Ctrl-C."""
    if exit_after_demo and not demo:
        raise typer.BadParameter("is for --demo only", param_hint="--exit")
    from siko.up import up as run

    end_with(lambda: run(data, port, demo=demo, exit_after_demo=exit_after_demo))
