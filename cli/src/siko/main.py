"""`siko`: every command by its name; what a command needs is imported when it runs."""

import os
import sys
from typing import Annotated

import typer
from siko_contracts.characters import NOT_STORABLE

from siko.commands import (
    access_log,
    dead_letters,
    demo,
    doctor,
    history,
    import_nrw,
    login,
    make_keys,
    make_users,
    query,
    recover,
    replay,
    send,
    topology,
    up,
)
from siko.output import INTERRUPTED, Failure, say, show_failure, wrong_usage

COMMANDS = (
    *(up, demo, send, query, history, replay, recover, import_nrw),
    *(make_users, doctor, topology, login, make_keys, access_log, dead_letters),
)
"""In the order in which `siko --help` lists them."""

app = typer.Typer(
    name="siko",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help without rich takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.add_typer(command.app)


@app.callback(invoke_without_command=True)
def siko(
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Security conferences of police authorities: run the system, send commands, ask queries.

    Client commands find the system by $SIKO_NATS_URL, else by the data folder of `siko up`.

    Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable.
    """
    if version:
        from importlib.metadata import version as version_of  # noqa: PLC0415 - as the commands

        say(version_of("siko"))
        raise typer.Exit


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
