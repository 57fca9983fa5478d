"""`siko`: every command by its name; what a command needs is imported when it runs."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from siko.output import REFUSED, Failure, Output, show_failure

DEFAULT_PORT = 8400
HIGHEST_PORT = 65_535 - 5
"""`siko up --port N` takes the five ports behind it too."""


def _examples(*lines: str) -> str:
    """For a command's help; the mark keeps the lines as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


app = typer.Typer(
    name="siko",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help without rich takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
importing_app = typer.Typer(help="Bring real data into a running system.", no_args_is_help=True)
topology_app = typer.Typer(help="The streams that siko needs in its broker.", no_args_is_help=True)
app.add_typer(importing_app, name="import")
app.add_typer(topology_app, name="topology")

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data folder of the system; default: $SIKO_DATA, else ~/.local/share/siko.",
    ),
]
OutputFormat = Annotated[
    Output, typer.Option("--output", "-o", help="json: one document; jsonl: one item a line.")
]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE")]
Service = Annotated[str, typer.Argument(metavar="SERVICE")]


@app.callback(invoke_without_command=True)
def siko(
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Security conferences of police authorities: run the system, send commands, ask queries.

    Client commands find the system by $SIKO_NATS_URL, else by the data folder of `siko up`.

    Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable.
    """
    if version:
        from importlib.metadata import version as version_of

        print(version_of("siko"))
        raise typer.Exit


@app.command(
    epilog=_examples(
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

    _end_with(lambda: run(data, port, demo=demo, exit_after_demo=exit_after_demo))


@app.command(
    epilog=_examples(
        "siko demo",
        "siko demo --year 2025 --output json",
    ),
)
def demo(
    year: Annotated[
        int | None, typer.Option(min=2008, help="Default: the last complete year.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Play a year of Cologne and Leverkusen (manual clock)."""
    from siko.demo import demo as run

    _end_with(lambda: run(year, output, data))


@app.command(
    epilog=_examples(
        "siko send scheduler schedule_conference authority_id=pp-koeln kind=siko areas=Köln \\",
        "    starts_at=2026-11-12T09:00:00+01:00 place=Polizeipräsidium",
        "siko send scheduler cancel_conference --json cancel.json",
    ),
)
def send(
    service: Service,
    command: Annotated[str, typer.Argument(metavar="COMMAND")],
    pairs: Pairs = None,
    *,
    json_file: Annotated[
        str | None,
        typer.Option(
            "--json", metavar="FILE|-", help="Fields as a JSON object; pairs go over them."
        ),
    ] = None,
    actor: Annotated[
        str | None, typer.Option(metavar="FUNCTION@BODY", help="Who acts: secretariat@pp-koeln.")
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="TIME", help="What time it is; manual clock only.")
    ] = None,
    command_id: Annotated[
        str | None,
        typer.Option(metavar="UUID", help="Sent again, an accepted command gets its first answer."),
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Send one command; its fields as pairs or as JSON."""
    from siko.sending import send as run

    _end_with(
        lambda: run(service, command, pairs or [], json_file, actor, now, command_id, output, data)
    )


@app.command(
    epilog=_examples(
        "siko query reporting compliance authority_id=pp-koeln year=2025",
        "siko query reporting conferences --output jsonl",
    ),
)
def query(
    service: Service,
    name: Annotated[str, typer.Argument(metavar="QUERY")],
    pairs: Pairs = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Ask a service for a view."""
    from siko.querying import query as run

    _end_with(lambda: run(service, name, pairs or [], output, data))


@app.command(
    epilog=_examples(
        "siko history pp-koeln",
        "siko history obligation:siko:Leverkusen:2025@3",
    ),
)
def history(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of an aggregate or of an event.")],
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="What had been recorded by then.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show everything that has happened to one thing, in order."""
    from siko.history import history as run

    _end_with(lambda: run(id_, as_of, output, data))


@app.command(
    epilog=_examples(
        "siko replay scheduler > scheduler.jsonl",
    ),
)
def replay(
    service: Service,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="What had been recorded by then.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.JSONL,
) -> None:
    """Write a service's whole log, its chain checked."""
    from siko.history import replay as run

    _end_with(lambda: run(service, until, output, data))


@importing_app.command(
    "nrw",
    epilog=_examples(
        "siko import nrw",
        "siko import nrw ./my-register --plan",
    ),
)
def import_nrw(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Default: the data that siko brings.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be sent.")] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Authorities, areas and bodies of North Rhine-Westphalia from CSV files."""
    from siko.importing import import_nrw as run

    _end_with(lambda: run(directory, plan, output, data))


@topology_app.command(
    "plan",
    epilog=_examples(
        "siko topology plan --output json",
    ),
)
def topology_plan(data: Data = None, output: OutputFormat = Output.TABLE) -> None:
    """Show what `apply` would change; nothing is changed."""
    from siko.broker import plan as run

    _end_with(lambda: run(output, data))


@topology_app.command(
    "apply",
    epilog=_examples(
        "SIKO_NATS_URL=nats://nats:4222 siko topology apply",
    ),
)
def topology_apply(data: Data = None, output: OutputFormat = Output.TABLE) -> None:
    """Make the streams as siko needs them; waits up to 30 s for the broker."""
    from siko.broker import apply as run

    _end_with(lambda: run(output, data))


def _end_with(command: Callable[[], int]) -> NoReturn:
    """With its exit code; a failure is one clear line."""
    try:
        exit_code = command()
        sys.stdout.flush()
    except Failure as failure:
        show_failure(failure)
        exit_code = failure.exit_code
    except BrokenPipeError:  # `siko replay … | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_code = REFUSED
    raise typer.Exit(exit_code)


def main() -> None:
    """The entry point."""
    app()
