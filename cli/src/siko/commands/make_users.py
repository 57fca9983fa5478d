"""`siko make-users`: logins for a broker."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from pathlib import Path
from typing import Annotated

import typer

from siko.options import end_with, examples

app = typer.Typer()


@app.command(
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
    from siko.make_users import make_users as run

    end_with(lambda: run(out))
