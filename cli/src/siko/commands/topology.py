"""`siko topology`: the streams in any broker, and the health of the broker."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer(
    name="topology", help="The streams that siko needs in its broker.", no_args_is_help=True
)


@app.command(
    "plan",
    epilog=examples(
        "siko topology plan --output json",
    ),
)
def topology_plan(data: Data = None, output: OutputFormat = Output.TABLE) -> None:
    """Show what `apply` would change; nothing is changed."""
    from siko.topology import plan as run

    end_with(lambda: run(output, data))


@app.command(
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
    from siko.topology import apply
    from siko.topology import watch as stay

    end_with(
        lambda: stay(data, seen_file) if watch else apply(output, data),
    )


@app.command(
    "health",
    epilog=examples(
        "siko topology health",
        "SIKO_NATS_CREDENTIALS_FILE=logins/health/credentials siko topology health",
    ),
)
def topology_health(data: Data = None) -> None:
    """Say whether the broker can store, as it judges itself; its login is `health`.

    Exit codes: 0 healthy, 1 not, 3 it does not answer.
    """
    from siko.topology import health as run

    end_with(lambda: run(data))
