"""The eventsourcing library as it comes: its own aggregate, application, recorder and JSON, with the same facts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from siko_core.stores import environment

from bench.floors import CONNECTIONS, in_threads
from bench.rounds import times

STARTS_AT = datetime(2008, 5, 7, 8, tzinfo=UTC)
PLACE = "Polizeipräsidium Köln"


class StockConference(Aggregate):
    """What the product's Conference holds, without its rules."""

    @event("Scheduled")
    def __init__(
        self,
        *,
        authority_id: str,
        kind: str,
        areas: list[str],
        starts_at: datetime,
        place: str,
        actor: str,
    ) -> None:
        self.authority_id = authority_id
        self.kind = kind
        self.areas = areas
        self.starts_at = starts_at
        self.place = place
        self.actor = actor


class Stock:
    """A stock application on a database."""

    def __init__(self, application: Application[UUID]) -> None:
        self._application = application

    def saves_a_second(self, seconds: float) -> float:
        """One aggregate with one event each, of eight threads at once."""

        def save(start: Callable[[], object]) -> list[float]:
            start()
            return times(lambda: self._application.save(_conference()), seconds)

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


def _conference() -> StockConference:
    return StockConference(
        authority_id="pp-koeln",
        kind="siko",
        areas=["Köln"],
        starts_at=STARTS_AT,
        place=PLACE,
        actor=f"secretariat@pp-koeln {uuid4()}",
    )
