"""`siko demo`: a year of two cities, or three years of the whole state."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    epilog=examples(
        "siko demo",
        "siko demo --year 2025 --output json",
        "siko demo --state --seed 7        three years of all 47 authorities",
    ),
)
def demo(
    year: Annotated[
        int | None,
        typer.Option(
            min=2008, help="Default: the last complete year; with --state the last of three."
        ),
    ] = None,
    *,
    state: Annotated[
        bool, typer.Option("--state", help="Three years of the whole state, with made-up bodies.")
    ] = False,
    seed: Annotated[int, typer.Option(help="With --state: what is drawn.")] = 1,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Play a year of Cologne and Leverkusen, or three of the whole state (manual clock)."""
    from siko.demo import demo as one_year
    from siko.demo import demo_state

    if state:
        end_with(lambda: demo_state(year, seed, output, data))
    end_with(lambda: one_year(year, output, data))
