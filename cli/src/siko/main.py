"""`siko`: every command by its name; what a command needs is imported when it runs."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from siko_contracts.characters import NOT_STORABLE

from siko.commands.dead_letters import dead_letters_app
from siko.commands.login import entering_app
from siko.commands.topology import operating_app
from siko.options import Data, OutputFormat, end_with, examples
from siko.output import INTERRUPTED, Failure, Output, say, show_failure, wrong_usage

DEFAULT_PORT = 8400
HIGHEST_PORT = 65_535 - 5
"""`siko up --port N` takes the five ports behind it too."""


app = typer.Typer(
    name="siko",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help without rich takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
importing_app = typer.Typer(help="Bring real data into a running system.", no_args_is_help=True)
app.add_typer(importing_app, name="import")
app.add_typer(operating_app)
app.add_typer(entering_app)
app.add_typer(dead_letters_app, name="dead-letters")

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

        say(version_of("siko"))
        raise typer.Exit


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


@app.command(
    epilog=examples(
        "siko send scheduler schedule_conference authority_id=pp-koeln kind=siko areas=Köln \\",
        "    starts_at=2027-03-10T09:00:00+01:00 place=Polizeipräsidium",
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
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Send one command; its fields as pairs or as JSON."""
    from siko.send import send as run

    end_with(
        lambda: run(service, command, pairs or [], json_file, actor, now, command_id, output, data)
    )


@app.command(
    epilog=examples(
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
    from siko.query import query as run

    end_with(lambda: run(service, name, pairs or [], output, data))


@app.command(
    epilog=examples(
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

    end_with(lambda: run(id_, as_of, output, data))


@app.command(
    epilog=examples(
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
    """Write a service's whole log, its chain checked, and compared with its stream.

    Exit codes: 0 nothing differs, 1 something does (each position on stderr), 3 not all could be compared.
    """
    from siko.replay import replay as run

    end_with(lambda: run(service, until, output, data))


@app.command(
    epilog=examples(
        "siko recover scheduler --plan",
        "siko recover scheduler --data /srv/siko",
    ),
)
def recover(
    service: Service,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what is lost.")] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """After a service's database was restored: show what is lost, go on behind it.

    For the data folder of a stopped `siko up`; on servers it is `siko-SERVICE recover`.
    """
    from siko.recover import recover as run

    end_with(lambda: run(service, plan, output, data))


@importing_app.command(
    "nrw",
    epilog=examples(
        "siko import nrw",
        "siko import nrw ./my-register --plan",
    ),
)
def import_nrw(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Default: the data that siko brings.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show what differs from the register.")
    ] = False,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Authorities, areas and bodies of North Rhine-Westphalia from CSV files."""
    from siko.import_nrw import import_nrw as run

    end_with(lambda: run(directory, plan, output, data))


def main() -> None:
    """The entry point. Interrupted wherever it stands, it ends without a word (130, as shells count)."""
    os.umask(0o077)  # siko_core.files.UMASK, whose import `siko --help` must not wait for
    if failure := _not_text():
        show_failure(failure)
        raise SystemExit(failure.exit_code)
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _not_text() -> Failure | None:
    """Arguments and settings that are no UTF-8: Python gives them as characters that nothing can take."""
    given = {f"argument {number}": text for number, text in enumerate(sys.argv[1:], 1)}
    given |= {name: text for name, text in os.environ.items() if name.startswith("SIKO_")}
    bad = {name: text for name, text in given.items() if NOT_STORABLE.search(text)}
    return wrong_usage(f"{', '.join(bad)}: not UTF-8", **bad) if bad else None
