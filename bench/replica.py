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
from siko_core.eventsourced import EventSourcedApplication
from siko_core.identity.headers import metadata_of
from siko_core.identity.identity import IDENTITY, Identity
from siko_core.process.gc import collect_seldom
from siko_core.settings import Settings
from siko_core.store.open import open_application
from siko_core.writer.writer import Writer, command_job

AUTHORITY = "pp-koeln"
T = TypeVar("T")


class Replica(ABC):
    """One replica's application and running writer."""

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
        """One more command of the kind that is measured."""

    @abstractmethod
    async def prepare(self) -> None:
        """What the commands need, where it is not there."""

    async def perform(self, command: Any) -> Answer:
        """What the service does with a command that has arrived."""
        metadata = metadata_of(command, self.clock)
        job = command_job(self.application, self.COMMANDS[type(command)], command, metadata)
        answer = await self.writer.perform(job)
        if not isinstance(answer, Answer):
            raise TypeError(f"refused: {answer}")
        return answer

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Prepared and with the writer running; always in the same event loop."""

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
        made = cls(database_url, folder)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _collecting_as_a_service_does() -> Iterator[None]:
    """The floors have Python's own thresholds, and need not look through what the product keeps."""
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
    """Seconds of each call, with so many under way at any moment, for so long."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def worker() -> None:
        while (began := time.perf_counter()) < end:
            await work()
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(worker() for _ in range(number)))
    return taken


def commands(made: Replica, seconds: float, number: int = 64) -> list[float]:
    """Seconds of each command, so many in flight."""
    return made.run(lambda: in_flight(number, made.one, seconds))
