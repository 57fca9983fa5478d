"""`siko`: its commands and its entry point. A command imports its body when it runs, so that `--help` is quick."""

import os
import sys
from typing import Annotated

import typer
from siko_contracts.characters import NOT_STORABLE
from siko_contracts.exit_codes import INTERRUPTED

from siko.commands import (
    access_log,
    catalogue,
    dead_letters,
    demo,
    doctor,
    history,
    ics,
    import_bounce,
    import_contacts,
    import_nrw,
    import_reply,
    letters,
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
from siko.options import roles
from siko.output import Failure, say, show_failure, wrong_usage

COMMANDS = (
    *(up, demo, send, query, catalogue, history, replay, recover, import_nrw, letters, ics),
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
for part in (import_bounce, import_contacts, import_reply):
    import_nrw.app.add_typer(part.app)
for command in COMMANDS:
    app.add_typer(command.app)


@app.callback(invoke_without_command=True)
def siko(
    as_: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="ROLE",
            help="Act as one of those signed in: ROLE or ROLE@ID; default: $SIKO_AS, else the last sign-in.",
            autocompletion=roles,
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Security conferences of police authorities: run the system, send commands, ask queries.

    Client commands find the system by $SIKO_NATS_URL, else by the data folder of `siko up`.

    Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable.
    """
    if as_ is not None:
        os.environ["SIKO_AS"] = (
            as_  # as if it had been set: the token is looked for where it is needed
        )
    if version:
        from importlib.metadata import version as version_of  # noqa: PLC0415 - as the commands

        say(version_of("siko"))
        raise typer.Exit


def main() -> None:
    """Run the command line. Ctrl-C ends it silently with exit code 130, as shells do."""
    os.umask(0o077)  # siko_core.files.UMASK, without the import that would slow down `siko --help`
    if failure := _not_text():
        show_failure(failure)
        raise SystemExit(failure.exit_code)
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _not_text() -> Failure | None:
    """Return a Failure if an argument or setting is not UTF-8: Python passes it on as lone surrogates."""
    texts = {f"argument {number}": text for number, text in enumerate(sys.argv[1:], 1)}
    texts |= {name: text for name, text in os.environ.items() if name.startswith("SIKO_")}
    bad = {name: text for name, text in texts.items() if NOT_STORABLE.search(text)}
    return wrong_usage(f"{', '.join(bad)}: not UTF-8", **bad) if bad else None
