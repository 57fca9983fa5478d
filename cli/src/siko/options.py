"""Options and arguments that several commands share, their examples in the help, and their end."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core
from siko_contracts.exit_codes import REFUSED

from siko.output import Failure, Output, show_failure

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
Wide = Annotated[bool, typer.Option("--wide", help="Tables with every column, however wide.")]


def _services() -> list[tuple[str, str]]:
    from siko.completion import services  # noqa: PLC0415 - the contracts take time, as below

    return services()


def roles() -> list[tuple[str, str]]:
    """What the shell offers behind `--as`."""
    from siko.completion import roles  # noqa: PLC0415

    return roles()


def _names(ctx: typer.Context) -> list[tuple[str, str]]:
    from siko.completion import names  # noqa: PLC0415

    return names(str(ctx.info_name), ctx.params)


def _pairs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from siko.completion import pairs  # noqa: PLC0415

    return pairs(str(ctx.info_name), ctx.params, incomplete)


Service = Annotated[str, typer.Argument(metavar="SERVICE", autocompletion=_services)]
AnyService = Annotated[
    str | None, typer.Argument(metavar="[SERVICE]", autocompletion=_services, show_default=False)
]
Command = Annotated[str, typer.Argument(metavar="COMMAND", autocompletion=_names)]
Query = Annotated[str, typer.Argument(metavar="QUERY", autocompletion=_names)]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", autocompletion=_pairs)]


class WithForm(typer.core.TyperCommand):
    """`send` and `query`: behind a service and a name, `--help` shows the fields of what is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        service, name = given.get("service"), given.get("command") or given.get("name")
        if given.get("help") and service:
            from siko.catalogue import show_form  # noqa: PLC0415 - the contracts take time

            end_with(lambda: show_form(str(self.name), service, name))
        return super().parse_args(ctx, args)


def examples(*lines: str) -> str:
    """Format examples for a command's help; the first character keeps click from wrapping them."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def end_with(command: Callable[[], int]) -> NoReturn:
    """Run the command and exit with its code; a Failure is shown on stderr."""
    try:
        exit_code = command()
        sys.stdout.flush()
    except Failure as failure:
        show_failure(failure)
        exit_code = failure.exit_code
    except BrokenPipeError:  # `siko replay … | head`: the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_code = REFUSED
    raise typer.Exit(exit_code)
