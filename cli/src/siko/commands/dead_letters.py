"""`siko dead-letters`: events that services have parked."""

# ruff: noqa: PLC0415 - `siko --help` must not wait for the broker's client and the contracts

from typing import Annotated

import typer

from siko.options import Data, OutputFormat, Wide, end_with, examples
from siko.output import Output

app = typer.Typer(
    name="dead-letters",
    help="Events that a service could not apply and has parked.",
    no_args_is_help=True,
)

Letter = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it: scheduler.17.")]
SomeLetter = Annotated[
    str | None, typer.Argument(metavar="ID", help="As the list shows it: scheduler.17.")
]
Aggregate = Annotated[
    str | None, typer.Option(metavar="ID", help="Everything that is parked of it.")
]
Service = Annotated[
    str | None, typer.Option(metavar="SERVICE", help="Which has parked it; default: all are asked.")
]
Who = Annotated[
    str | None,
    typer.Option(
        "--actor",
        metavar="FUNCTION@BODY",
        help="Who does it, with SIKO_AUTH=off; else the token says it.",
    ),
]


@app.command(
    "list",
    epilog=examples(
        "siko dead-letters list",
        "siko dead-letters list --service reporting --state discarded --output json",
    ),
)
def list_(
    service: Service = None,
    state: Annotated[
        str, typer.Option(metavar="STATE", help="parked, replayed, discarded or all.")
    ] = "parked",
    aggregate: Aggregate = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
    *,
    wide: Wide = False,
) -> None:
    """Show what is parked: which event, where, since when, and behind which fault."""
    from siko.dead_letters import list_ as run

    in_state = None if state == "all" else state
    end_with(lambda: run(service, in_state, aggregate, output, data, wide=wide))


@app.command("show", epilog=examples("siko dead-letters show scheduler.17"))
def show(
    letter: Letter,
    service: Service = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Show one with the event's body, and what became of it."""
    from siko.dead_letters import show_ as run

    end_with(lambda: run(letter, service, output, data))


@app.command(
    "replay",
    epilog=examples(
        "siko dead-letters replay scheduler.17",
        "siko dead-letters replay --aggregate 0192f0c4-… --service reporting",
    ),
)
def replay(
    letter: SomeLetter = None,
    *,
    aggregate: Aggregate = None,
    service: Service = None,
    actor: Who = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Is recorded; no personal data.")
    ] = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Apply parked events now, in order. With ID: this one and those of its aggregate before it."""
    from siko_contracts.commands.operations import ReplayDeadLetters

    from siko.dead_letters import settle

    fields = {"id": letter, "aggregate_id": aggregate, "reason": reason}
    end_with(lambda: settle(ReplayDeadLetters, fields, service, actor, output, data))


@app.command(
    "discard",
    epilog=examples(
        'siko dead-letters discard scheduler.17 --reason "told by letter, entered by hand"',
    ),
)
def discard(
    letter: SomeLetter = None,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Is recorded; no personal data.")],
    aggregate: Aggregate = None,
    service: Service = None,
    actor: Who = None,
    data: Data = None,
    output: OutputFormat = Output.TABLE,
) -> None:
    """Give parked events up: they are never applied there, and are kept for who asks."""
    from siko_contracts.commands.operations import DiscardDeadLetters

    from siko.dead_letters import settle

    fields = {"id": letter, "aggregate_id": aggregate, "reason": reason}
    end_with(lambda: settle(DiscardDeadLetters, fields, service, actor, output, data))
