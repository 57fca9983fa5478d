"""The documented subscribers as processes of strangers: with what their first lines name, and nothing of siko's services."""

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests import node

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ARRIVAL_SECONDS = 30


class Taken(NamedTuple):
    """What a subscriber has made of an event."""

    position: int
    type: str
    aggregate_id: str
    event_id: str


@dataclass(frozen=True)
class Subscriber:
    """One of the examples. `command`: up to the program; `taken`: reads the file in which it keeps its place."""

    command: Sequence[str | Path]
    taken: Callable[[Path], list[Taken]]

    @contextmanager
    def following(self, broker: str, stream: str, kept: Path, *credentials: Path) -> Iterator[None]:
        """The example as a process, killed at the end."""
        process = subprocess.Popen([*self.command, broker, stream, kept, *credentials])
        try:
            yield
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)

    def facts(self, kept: Path) -> list[tuple[str, str]]:
        return [(each.type, each.aggregate_id) for each in self.taken(kept)]

    def wait_for(self, kept: Path, type_: str, aggregate_id: str) -> None:
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while (type_, aggregate_id) not in self.facts(kept):
            assert time.monotonic() < deadline, f"{type_} of {aggregate_id} has not arrived"
            time.sleep(0.05)


def in_python(interpreter: Path) -> Subscriber:
    """By this interpreter."""
    return Subscriber([interpreter, EXAMPLES / "subscriber.py"], _of_database)


def in_javascript(folder: Path) -> Subscriber:
    """From this folder, beside the packages of the tests. Skips the test if the machine has no node."""
    program = node.node()
    (folder / "node_modules").symlink_to(node.FOLDER / "node_modules")
    return Subscriber([program, shutil.copy(EXAMPLES / "subscriber.mjs", folder)], _of_document)


def _of_database(kept: Path) -> list[Taken]:
    query = "SELECT position, type, aggregate_id, event_id FROM events ORDER BY position"
    try:
        connection = sqlite3.connect(f"file:{kept}?mode=ro", uri=True)
        return [Taken(*row) for row in connection.execute(query)]
    except sqlite3.OperationalError:  # not there yet
        return []


def _of_document(kept: Path) -> list[Taken]:
    if not kept.exists():
        return []
    return [Taken(**each) for each in json.loads(kept.read_text())["events"]]
