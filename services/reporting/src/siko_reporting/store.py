"""Documents, the archive they are folded from, and the producers' positions: one transaction for all three."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from siko_contracts.events import Event, HistoryLost, decode
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import Query, QueryAnswer
from siko_contracts.queries.operations import Positions
from siko_contracts.queries.reporting import Withdrawn
from siko_core.calendar import berlin_day
from siko_core.faults import Fault
from siko_core.follower.message import Followed
from siko_core.follower.parking import divide, opened
from siko_core.identity.identity import Identity
from siko_core.letters import Letter, LetterFilter
from siko_core.positions import OutOfStep, Step
from sqlalchemy import Connection, Row, Select, bindparam, select

from siko_reporting import dead_letters, withdrawn
from siko_reporting.documents import ROWS_A_STATEMENT, documents_at, documents_of, rows_of
from siko_reporting.engine import engine
from siko_reporting.names import KnownNames
from siko_reporting.readers import Found, is_concerned, narrowed, visible
from siko_reporting.tables import archive, documents, positions, tables
from siko_reporting.views import FOLDS, VIEWS, Documents, addresses, clock, evolve
from siko_reporting.views.base import Fold, page
from siko_reporting.writing import Rows, Writing, write

NAMED = 100
"""Of what is parked, in an answer."""
NEVER = datetime.fromtimestamp(0, UTC)
STANDING = select(positions, dead_letters.is_any()).where(positions.c.producer == bindparam("of"))


class ReportingStore:
    """Any thread may call it, and any number of followers and replicas share one database."""

    def __init__(self, database_url: str) -> None:
        self._engine = engine(database_url)
        self._writing = Writing(self._engine)
        self._names = KnownNames()
        with self._writing.transaction() as connection:
            tables.create_all(connection)
            dead_letters.create(connection)

    def close(self) -> None:
        self._writing.close()
        self._engine.dispose()

    def place(self, producer: str) -> tuple[int, int]:
        """The position of this producer that has been applied, and that message's stream sequence."""
        with self._reading() as connection:
            row = connection.execute(select(positions).filter_by(producer=producer)).one_or_none()
        return (row.position, row.sequence) if row else (0, 0)

    def positions(self) -> dict[str, int]:
        """Producer -> last position applied, 0 where there is none yet."""
        with self._reading() as connection:
            return _positions(connection.execute(select(positions)))

    def apply(
        self, batch: Sequence[Followed], step: Step, fault: Fault | None = None
    ) -> Sequence[Letter]:
        """Archive the batch and evolve what it touches; returns what was parked of it.

        OutOfStep, and no effect, where it does not come next.
        """
        with self._writing.transaction() as connection:
            stood, is_parked = _standing(connection, step)
            parked = dead_letters.parked(connection) if is_parked else set()
            passed, letters = divide(step.producer, batch, parked, fault)
            events = {message.position: _event_of(message) for message in passed}
            known_at = _known_at(stood, batch, events)
            arrived = [
                (message, events[message.position], known_at[message.position])
                for message in passed
            ]
            rows = [_archived(step.producer, *arrival) for arrival in arrived]
            rows += [dead_letters.place_of(letter, known_at[letter.position]) for letter in letters]
            rows.sort(key=itemgetter("position"))
            new_position = _moved(step, max(known_at.values(), default=stood))
            if any(isinstance(event, HistoryLost) for event in events.values()):
                write(connection, Rows(archive, rows), new_position)
                withdrawn.note(connection, step.producer, arrived)
                _fold_anew(connection)
            else:
                changes = _folded_on(connection, list(events.values()))
                write(connection, Rows(archive, rows), rows_of(changes), new_position)
            dead_letters.keep(connection, letters)
        return letters

    def ensure_writable(self) -> None:
        """Unavailable where nothing can be written."""
        self._writing.ensure_possible()

    def letters(self, selection: LetterFilter) -> Sequence[Letter]:
        with self._reading() as connection:
            return dead_letters.find(connection, selection)

    def count_parked(self) -> int:
        with self._reading() as connection:
            return dead_letters.count_parked(connection)

    def change(
        self,
        selection: LetterFilter,
        change_letter: Callable[[Letter], Letter],
        *,
        replay: bool = False,
    ) -> Sequence[Letter]:
        """Take in what is selected, where `replay` says so, and keep it changed; returns it.

        What is taken in late has its place among all that came since: everything is folded anew.
        """
        with self._writing.transaction() as connection:
            matches = dead_letters.find(connection, selection)
            for letter in matches if replay else ():
                followed = opened(letter)
                event = _event_of(followed)
                known_at = max(dead_letters.known_at(connection, letter), event.recorded_at)
                dead_letters.fill(connection, _archived(letter.producer, followed, event, known_at))
                withdrawn.note(connection, letter.producer, [(followed, event, known_at)])
            if matches and replay:
                _fold_anew(connection)
            letters = [change_letter(letter) for letter in matches]
            dead_letters.keep(connection, letters)
        return letters

    def answer(self, name: str, query: Query, reader: Identity | None = None) -> QueryAnswer:
        """From the documents; where the query looks back, from the part of the archive that it may see.

        `reader`: who sees only a part of it. Raises NotFound or UnknownWord if it finds nothing, and names what
        is not; a partner body reads no register, and is told nothing of it.
        """
        if isinstance(query, Withdrawn):
            return self._withdrawn(query)
        if isinstance(query, Positions):
            return QueryAnswer(position=self.positions())
        view = VIEWS[name]
        asked, query = query, narrowed(reader, view, query) if reader else query
        key = getattr(query, view.KEYED_BY) if view.KEYED_BY else None
        with self._reading() as connection:
            places = connection.execute(select(positions)).all()
            parked = dead_letters.parked(connection)
            looks_back = query.as_of is not None or query.effective_on is not None
            if looks_back:
                known = _folded(connection, view, key, query)
            else:
                known = documents_of(connection, view, key)
            clock_document = known.pop((clock.NAME, clock.KEY), None)
            if reader:
                current = documents_of(connection, view, key) if looks_back else known
                known = visible(connection, reader, view, key, Found(known, current))
        rows, cursor = page(view, known.values(), query, clock.today(clock_document, query))
        if not rows and (reader is None or reader.role != "partner"):
            self._names.ensure_known(asked, self._reading)
        answer = _answer(query, places, parked, rows, cursor)
        if reader is None:
            return answer
        is_missing = is_concerned((aggregate_id for _, aggregate_id in parked), reader, known)
        return answer.model_copy(update={"complete": not is_missing, "parked": []})

    def _withdrawn(self, query: Withdrawn) -> QueryAnswer:
        with self._reading() as connection:
            places = connection.execute(select(positions)).all()
            parked = dead_letters.parked(connection)
            rows, cursor = withdrawn.items(connection, query)
        return _answer(query, places, parked, rows, cursor)

    def rebuild(self) -> None:
        """Fold all documents anew from the archive."""
        with self._writing.transaction() as connection:
            _fold_anew(connection)

    def digest(self) -> str:
        """A hash of all documents: equal digests, equal views."""
        with self._reading() as connection:
            rows = sorted(tuple(row) for row in connection.execute(select(documents)))
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees the documents and the positions of one moment."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection


def _answer(
    query: Query,
    places: Sequence[Row[Any]],
    parked: Collection[tuple[str, str]],
    items: list[dict[str, Any]],
    cursor: str | None,
) -> QueryAnswer:
    return QueryAnswer(
        as_of=query.as_of or max((place.known_at for place in places), default=None),
        position=_positions(places),
        complete=not parked,
        parked=sorted({aggregate_id for _, aggregate_id in parked})[:NAMED],
        items=items,
        cursor=cursor,
    )


def _positions(places: Iterable[Row[Any]]) -> dict[str, int]:
    return dict.fromkeys(PRODUCERS, 0) | {place.producer: place.position for place in places}


def _standing(connection: Connection, step: Step) -> tuple[datetime, bool]:
    """When this producer's last event was known, and whether anything is parked; OutOfStep where it stands elsewhere."""
    row = connection.execute(STANDING, {"of": step.producer}).one_or_none()
    stands_at = row.position if row else 0
    if stands_at != step.previous:
        raise OutOfStep(f"{step.producer} stands at {stands_at}, not at {step.previous}")
    return (row.known_at, row.is_any) if row else (NEVER, True)


def _known_at(
    stood: datetime, batch: Sequence[Followed], events: Mapping[int, Event]
) -> dict[int, datetime]:
    """When what is at a position was known: a clock that steps back never reorders the past."""
    moments: dict[int, datetime] = {}
    for message in batch:
        if event := events.get(message.position, message.event):
            stood = max(stood, event.recorded_at)
        moments[message.position] = stood
    return moments


def _moved(step: Step, known_at: datetime) -> Rows:
    here = {"position": step.position, "sequence": step.sequence, "known_at": known_at}
    return Rows(positions, [{"producer": step.producer, **here}], replace=True)


def _event_of(followed: Followed) -> Event:
    """What every event carries, where this version does not know the type."""
    return followed.event or Event.model_validate_json(followed.body)


def _folded_on(connection: Connection, events: Sequence[Event]) -> Documents:
    """The documents that these events change, as they are then."""
    before = documents_at(connection, {address for event in events for address in addresses(event)})
    after = dict(before)
    for event in events:
        evolve(after, event)
    return {
        address: document for address, document in after.items() if before.get(address) != document
    }


def _fold_anew(connection: Connection) -> None:
    folded: Documents = {}
    for event in _history(connection, select(archive.c.type, archive.c.body), FOLDS):
        evolve(folded, event)
    connection.execute(documents.delete())
    write(connection, rows_of(folded))


def _archived(
    producer: str, followed: Followed, event: Event, known_at: datetime
) -> dict[str, Any]:
    return {
        "producer": producer,
        "position": followed.position,
        "type": followed.type,
        "event_id": event.event_id,
        "aggregate_id": event.aggregate_id,
        "recorded_at": event.recorded_at,
        "known_at": known_at,
        "effective_on": berlin_day(event.effective_at),
        "body": followed.body.decode(),
    }


def _folded(connection: Connection, view: Fold[Any], key: str | None, query: Query) -> Documents:
    """What the documents were, or would have been, by the same folds in the same order."""
    statement = select(archive.c.type, archive.c.body)
    if query.as_of is not None:
        statement = statement.where(archive.c.known_at <= query.as_of)
    if query.effective_on is not None:
        statement = statement.where(archive.c.effective_on <= query.effective_on)
    folds = (clock, view)
    folded: Documents = {}
    for event in _history(connection, statement, folds, query.as_of):
        if any(
            name == clock.NAME or key in {None, document_key}
            for name, document_key in addresses(event, folds)
        ):
            evolve(folded, event, folds)
    return folded


def _history(
    connection: Connection,
    statement: Select[Any],
    folds: Sequence[Fold[Any]],
    as_of: datetime | None = None,
) -> Iterator[Event]:
    """Archived events that these folds know and that count, as far as was known then; in order of arrival."""
    types = sorted({event.TYPE for fold in folds for event in fold.EVENTS})
    counting = withdrawn.counting(connection, as_of)
    ordered = statement.where(archive.c.type.in_(types), counting).order_by(archive.c.arrival)
    options = {"yield_per": ROWS_A_STATEMENT}
    for type_, body in connection.execute(ordered, execution_options=options):
        if event := decode(type_, body):
            yield event
