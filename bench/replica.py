"""The product in this process: a service's own application and writer, without a broker."""

import asyncio
import gc
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from pydantic import SecretStr
from siko_contracts.answers import Answer
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.identity.headers import metadata_of
from siko_core.identity.identity import IDENTITY, Identity
from siko_core.process.gc import collect_seldom
from siko_core.settings import Settings
from siko_core.store.open import open_application
from siko_core.writer.job import command_job
from siko_core.writer.writer import Writer

AUTHORITY = "pp-koeln"
T = TypeVar("T")


class Replica(ABC):
    """The application and running writer of one replica."""

    APPLICATION: ClassVar[type[EventSourcedApplication]]
    COMMANDS: ClassVar[Mapping[type[Any], Callable[..., Any]]]

    def __init__(self, database_url: str, folder: Path) -> None:
        settings = Settings(
            database_url=SecretStr(database_url),
            keys_url=SecretStr(f"sqlite:///{folder}/keys.db"),
            clock="manual",
        )
        application, self.clock = open_application(self.APPLICATION, settings)
        self.application: Any = application
        self.writer = Writer(application)
        self._runner = asyncio.Runner()

    @abstractmethod
    async def one(self) -> Answer:
        """Perform one more command of the measured kind."""

    @abstractmethod
    async def prepare(self) -> None:
        """Create what the commands need, if it is missing."""

    async def perform(self, command: Any) -> Answer:
        """Handle a command as the service does after its arrival."""
        metadata = metadata_of(command, self.clock)
        job = command_job(self.application, self.COMMANDS[type(command)], command, metadata)
        answer = await self.writer.perform(job)
        if not isinstance(answer, Answer):
            raise TypeError(f"refused: {answer}")
        return answer

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` after `prepare`, with the writer running, always in the same event loop."""

        async def with_writer() -> T:
            IDENTITY.set(Identity(sub="bench", role="secretariat", authority_id=AUTHORITY))
            writer = asyncio.create_task(self.writer.run())
            try:
                await self.prepare()
                return await work()
            finally:
                writer.cancel()

        with _collecting_as_a_service_does():
            return self._runner.run(with_writer())

    def close(self) -> None:
        self._runner.close()
        self.application.recorder.close()
        self.application.close()
        self.application.keyring.close()

    @classmethod
    @contextmanager
    def on(cls, database_url: str, folder: Path) -> Iterator[Self]:
        replica = cls(database_url, folder)
        try:
            yield replica
        finally:
            replica.close()


@contextmanager
def _collecting_as_a_service_does() -> Iterator[None]:
    """Set the garbage collector as a service does; floors keep Python's thresholds, and do not scan the product's objects."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*before)


async def in_flight(
    number: int, work: Callable[[], Awaitable[object]], seconds: float
) -> list[float]:
    """Return the seconds of each call, with `number` in flight at any moment, for `seconds`."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def worker() -> None:
        while (began := time.perf_counter()) < end:
            await work()
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(worker() for _ in range(number)))
    return taken


def commands(replica: Replica, seconds: float, number: int = 64) -> list[float]:
    """Return the seconds of each command, with `number` in flight."""
    return replica.run(lambda: in_flight(number, replica.one, seconds))
