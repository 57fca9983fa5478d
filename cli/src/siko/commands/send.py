"""`siko send`: one command to a service."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Command, Data, OutputFormat, Pairs, Service, WithForm, end_with, examples
from siko.output import Output

app = typer.Typer()


@app.command(
    cls=WithForm,
    epilog=examples(
        "siko send scheduler schedule_conference authority_id=pp-koeln kind=siko areas=Köln \\",
        "    starts_at=2027-03-10T09:00:00+01:00 place=Polizeipräsidium",
        "siko send scheduler cancel_conference --json cancel.json",
        "topic=$(siko send agenda submit_topic … --only-id --wait)    for a script",
        "siko send scheduler cancel_conference --help    the fields; `siko commands` lists all",
    ),
)
def send(
    service: Service,
    command: Command,
    pairs: Pairs = None,
    *,
    json_file: Annotated[
        str | None,
        typer.Option(
            "--json", metavar="FILE|-", help="Fields as a JSON object; pairs go over them."
        ),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION@BODY", help="Who acts, with SIKO_AUTH=off; else the token says it."
        ),
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="What time it is; manual clock only.")
    ] = None,
    command_id: Annotated[
        str | None,
        typer.Option(metavar="UUID", help="Sent again, an accepted command gets its first answer."),
    ] = None,
    only_id: Annotated[
        bool, typer.Option("--only-id", help="Print the id of what was made, and nothing else.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Return once every service has applied it.")
    ] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Send one command; its fields as pairs or as JSON."""
    from siko.send import send as run

    end_with(
        lambda: run(
            *(service, command, pairs or [], json_file, actor, now, command_id, output, data),
            only_id=only_id,
            wait=wait,
        )
    )
