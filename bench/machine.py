"""What the measurements share: databases of both engines, a broker, a folder. Each is started at its first use."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

import structlog

from bench.broker import broker
from bench.postgres import Cluster, cluster

ENGINES = ("postgresql", "sqlite")
CORES = 2


class Machine:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._files = count(1)

    @cached_property
    def nats_url(self) -> str:
        return self._stack.enter_context(broker())

    @cached_property
    def postgres(self) -> Cluster:
        return self._stack.enter_context(cluster())

    def database(self, engine: str) -> str:
        """Return the address of a new, empty database."""
        if engine == "postgresql":
            return self.postgres.database()
        return f"sqlite:///{self.folder}/{next(self._files)}.db"

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))


def quiet() -> None:
    """Suppress siko's logs: what it logs while its database is removed is no result."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@contextmanager
def machine() -> Iterator[Machine]:
    """Pin this process, and all that it starts, to two cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    quiet()
    with tempfile.TemporaryDirectory(prefix="siko-bench-") as folder, ExitStack() as stack:
        yield Machine(Path(folder), stack)
