"""The eventsourcing library as it comes: its own aggregate, application, recorder and JSON, with the same facts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from siko_core.store.environment import environment

from bench.floors import CONNECTIONS, in_threads
from bench.rounds import times


class StockAnswer(Aggregate):
    """The same state of an invited body's answer as in the product, without its rules."""

    @event("Given")
    def __init__(
        self, *, conference_id: str, body_id: str, answer: str, channel: str, actor: str
    ) -> None:
        self.conference_id = conference_id
        self.body_id = body_id
        self.answer = answer
        self.channel = channel
        self.actor = actor


class Stock:
    """A stock application on a database."""

    def __init__(self, application: Application[UUID]) -> None:
        self._application = application

    def saves_a_second(self, seconds: float) -> float:
        """Return saves per second: one aggregate with one event each, by eight concurrent threads."""

        def save(start: Callable[[], object]) -> list[float]:
            start()
            return times(lambda: self._application.save(_answer()), seconds)

        return len(in_threads(save, CONNECTIONS)) / seconds


@contextmanager
def stock(database_url: str) -> Iterator[Stock]:
    ours = environment(database_url)
    engine = "sqlite" if "SQLITE_DBNAME" in ours else "postgres"
    env = ours | {"PERSISTENCE_MODULE": f"eventsourcing.{engine}"}
    application: Application[UUID] = Application(env)
    try:
        yield Stock(application)
    finally:
        application.close()


def _answer() -> StockAnswer:
    return StockAnswer(
        conference_id="konferenz-1",
        body_id="stelle-1",
        answer="accepted",
        channel="portal",
        actor=f"secretariat@pp-koeln {uuid4()}",
    )
