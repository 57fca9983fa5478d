"""Options and arguments that several commands share, their examples in the help, and their end."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
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

Pairs = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE")]
Service = Annotated[str, typer.Argument(metavar="SERVICE")]


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
