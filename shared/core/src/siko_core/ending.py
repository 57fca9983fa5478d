"""The one way to end a process at once; the exit codes are those of `siko_contracts.exit_codes`."""

import os
import sys
from typing import NoReturn

from siko_contracts.characters import escaped


def end_process(exit_code: int, message: str = "") -> NoReturn:
    """End this process now, with the message on stderr if there is one.

    Nothing is unwound: the event loop, or a thread that waits for a database, might hold the process for ever.
    """
    if message:
        print(escaped(message), file=sys.stderr, flush=True)  # noqa: T201 - one clear line for the operator
    os._exit(exit_code)
