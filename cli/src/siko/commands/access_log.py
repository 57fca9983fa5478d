"""`siko access-log`: who read what."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Wide, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    "access-log",
    epilog=examples(
        "siko access-log --since 2026-11-01T00:00:00+01:00",
        "siko access-log --outcome NotAuthorised --output jsonl",
    ),
)
def access_log(
    since: Annotated[str | None, typer.Option(metavar="TIME")] = None,
    role: Annotated[str | None, typer.Option(metavar="ROLE")] = None,
    held_for: Annotated[
        str | None, typer.Option("--for", metavar="ID", help="Authority or body.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="CODE", help="given, or a refusal's code.")
    ] = None,
    *,
    service: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="Default: all of them.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Of each service.")] = 100,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
) -> None:
    """Show who read what, and who was refused for lack of rights (as auditor)."""
    from siko.access_log import access_log as run

    filters = {"since": since, "role": role, "held_for": held_for, "outcome": outcome}
    end_with(lambda: run({**filters, "limit": limit}, service, output, data, wide=wide))
