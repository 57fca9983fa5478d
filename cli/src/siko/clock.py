"""Where a system's clock stands."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from siko_contracts.queries.operations import Positions

from siko.client import Client, connect
from siko.german.cells import berlin
from siko.output import Failure
from siko.roles import OPERATOR

PATIENCE_S = 5.0


async def time_of(client: Client, service: str = "scheduler") -> datetime | None:
    """Return the time that a service's clock shows; None from one that does not say it.

    Raises Failure (exit code 1) if the role may not ask, exit code 3 if nobody answers in time.
    """
    return (await client.view(service, Positions.NAME)).as_of


def clock_stands(at: datetime) -> str:
    return f"Die Uhr steht auf {berlin(at)}."


async def manual_in_words(url: str, folder: Path, credentials: Path) -> str:
    """Describe the manual clock of a system that has started, with its day if it says that in time."""
    with suppress(Failure):
        async with connect(url, PATIENCE_S, folder, credentials) as client:
            if at := await time_of(client.acting(OPERATOR)):
                return f"manual, at {berlin(at)}"
    return "manual"
