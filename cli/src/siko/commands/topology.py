"""Commands for those who operate a system: its streams, and what is wrong with it."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

operating_app = typer.Typer()
topology_app = typer.Typer(help="The streams that siko needs in its broker.", no_args_is_help=True)
operating_app.add_typer(topology_app, name="topology")


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


@topology_app.command(
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
    from siko.broker import health as run

    end_with(lambda: run(data))


@operating_app.command(
    "make-users",
    epilog=examples(
        "siko make-users --out /etc/siko/logins",
        'nats-server -c nats.conf               which says: include "logins/broker/users.conf"',
        "SIKO_NATS_CREDENTIALS_FILE=/etc/siko/logins/scheduler/credentials siko-scheduler",
    ),
)
def make_users(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Credentials that are there stay.")
    ],
) -> None:
    """Make the broker's users: DIR/USER/credentials for each, DIR/broker/users.conf for the server.

    `siko up` does it by itself.
    """
    from siko.broker_users import make_users as run

    end_with(lambda: run(out))


@operating_app.command(
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
