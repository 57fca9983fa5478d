"""Commands for those who operate a system: its streams, and what is wrong with it."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.output import Output
from siko.shape import Data, OutputFormat, end_with, examples

topology_app = typer.Typer(help="The streams that siko needs in its broker.", no_args_is_help=True)


@topology_app.command(
    "plan",
    epilog=examples(
        "siko topology plan --output json",
    ),
)
def topology_plan(data: Data = None, output: OutputFormat = Output.TABLE) -> None:
    """Show what `apply` would change; nothing is changed."""
    from siko.broker import plan as run

    end_with(lambda: run(output, data))


@topology_app.command(
    "apply",
    epilog=examples(
        "SIKO_NATS_URL=nats://nats:4222 siko topology apply",
        "SIKO_NATS_URL=nats://nats:4222 siko topology apply --watch --seen-file /tmp/seen",
    ),
)
def topology_apply(
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and do it again every second; logs to stderr.")
    ] = False,
    seen_file: Annotated[
        Path | None,
        typer.Option(
            "--seen-file",
            metavar="FILE",
            help="With --watch: touched while the streams are right, for a health check.",
        ),
    ] = None,
) -> None:
    """Make the streams as siko needs them; waits up to 30 s for the broker."""
    if seen_file and not watch:
        raise typer.BadParameter("is for --watch only", param_hint="--seen-file")
    from siko import broker

    end_with(
        lambda: broker.watch(data, seen_file) if watch else broker.apply(output, data),
    )
