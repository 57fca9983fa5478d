"""`siko import reply`: an answer to an invitation that came by mail."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    "reply",
    epilog=examples(
        "siko import reply reply.eml",
        "siko import reply - < reply.ics",
    ),
)
def import_reply(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A mail or a calendar file.")],
    authority: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Whose mailbox it came to; default: that of the sign-in."),
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """An answer to an invitation, as a mail program or a calendar has sent it."""
    from siko.import_reply import import_reply as run

    end_with(lambda: run(file, authority, output, data))
