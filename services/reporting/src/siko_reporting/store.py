"""Documents, the archive they are folded from, and the producers' positions: one transaction for all three."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from siko_contracts.events import Event, decode
from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import Query, QueryAnswer
from siko_core.databases import engine
from siko_core.follower import Followed
from siko_core.steps import OutOfStep, Step
from sqlalchemy import Connection, Row, Select, bindparam, func, select, tuple_

from siko_reporting.tables import archive, documents, positions, tables
from siko_reporting.views import FOLDS, VIEWS, Address, Documents, addresses, clock, evolve
from siko_reporting.views.base import Document, Fold, day, page

ROWS_A_STATEMENT = 1000


class ReportingStore:
    """Any thread may call it, and any number of followers and replicas share one database."""

    def __init__(self, database_url: str) -> None:
        self._engine = engine(database_url)
        with self._writing() as connection:
            tables.create_all(connection)

    def close(self) -> None:
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

    def apply(self, batch: Sequence[Followed], step: Step) -> None:
        """Archive the batch and evolve what it touches; OutOfStep, and no effect, where it does not come next."""
        events = [each.event or Event.model_validate_json(each.body) for each in batch]
        with self._writing() as connection:
            known_at = _advance(connection, step, events)
            rows = [
                _archived(step.producer, *each)
                for each in zip(batch, events, known_at, strict=True)
            ]
            connection.execute(archive.insert(), rows)
            touched = {address for event in events for address in addresses(event)}
            before = _documents(connection, touched)
            after = dict(before)
            for event in events:
                evolve(after, event)
            _keep(connection, before, after)

    def answer(self, name: str, query: Query) -> QueryAnswer:
        """From the documents; where the query looks back, from the part of the archive that it may see."""
        view = VIEWS[name]
        key = getattr(query, view.KEYED_BY) if view.KEYED_BY else None
        with self._reading() as connection:
            places = connection.execute(select(positions)).all()
            if query.as_of is None and query.effective_on is None:
                known = _documents_of(connection, view, key)
            else:
                known = _folded(connection, view, key, query)
        begun = known.pop((clock.NAME, clock.KEY), None)
        rows, cursor = page(view, known.values(), query, clock.today(begun, query))
        return QueryAnswer(
            as_of=query.as_of or max((place.known_at for place in places), default=None),
            position=_positions(places),
            items=rows,
            cursor=cursor,
        )

    def rebuild(self) -> None:
        """Fold all documents anew from the archive."""
        with self._writing() as connection:
            rebuilt: Documents = {}
            for event in _history(connection, select(archive.c.type, archive.c.body), FOLDS):
                evolve(rebuilt, event)
            connection.execute(documents.delete())
            _keep(connection, {}, rebuilt)

    def digest(self) -> str:
        """A hash of all documents: equal digests, equal views."""
        with self._reading() as connection:
            rows = sorted(tuple(row) for row in connection.execute(select(documents)))
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that no other one writes beside: followers of several producers meet in one document."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(
                    select(func.pg_advisory_xact_lock(func.hashtext("siko.reporting")))
                )
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees the documents and the positions of one moment."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection


def _positions(places: Iterable[Row[Any]]) -> dict[str, int]:
    return dict.fromkeys(PRODUCERS, 0) | {place.producer: place.position for place in places}


def _advance(connection: Connection, step: Step, events: Sequence[Event]) -> list[datetime]:
    """Take the step; returns when each event was known: a clock that steps back never reorders the past."""
    row = connection.execute(select(positions).filter_by(producer=step.producer)).one_or_none()
    stands_at = row.position if row else 0
    if stands_at != step.previous:
        raise OutOfStep(f"{step.producer} stands at {stands_at}, not at {step.previous}")
    known: list[datetime] = []
    latest = row.known_at if row else None
    for event in events:
        latest = max(latest or event.recorded_at, event.recorded_at)
        known.append(latest)
    moved = {"position": step.position, "sequence": step.sequence, "known_at": latest}
    if row:
        connection.execute(positions.update().filter_by(producer=step.producer).values(moved))
    else:
        connection.execute(positions.insert().values(producer=step.producer, **moved))
    return known


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
        "effective_on": day(event.effective_at),
        "body": followed.body.decode(),
    }


def _documents(connection: Connection, wanted: set[Address]) -> Documents:
    found: Documents = {}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        part = ordered[start : start + ROWS_A_STATEMENT]
        these = tuple_(documents.c.view, documents.c.key).in_(part)
        found |= _read(connection, select(documents).where(these))
    return found


def _documents_of(connection: Connection, view: Fold[Any], key: str | None) -> Documents:
    """All documents of a view, or the one with this key; and today."""
    if key is not None:
        return _documents(connection, {(view.NAME, key), (clock.NAME, clock.KEY)})
    these = documents.c.view.in_((view.NAME, clock.NAME))
    return _read(connection, select(documents).where(these))


def _read(connection: Connection, statement: Select[Any]) -> Documents:
    rows = connection.execute(statement)
    return {(row.view, row.key): json.loads(row.document) for row in rows}


def _keep(connection: Connection, before: Mapping[Address, Document], after: Documents) -> None:
    """Write what is new and what has changed."""
    new, changed = [], []
    for (view, key), document in after.items():
        if (view, key) not in before:
            new.append({"view": view, "key": key, "document": _text(document)})
        elif before[view, key] != document:
            changed.append({"of": view, "at": key, "document": _text(document)})
    if new:
        connection.execute(documents.insert(), new)
    if changed:
        this = (documents.c.view == bindparam("of")) & (documents.c.key == bindparam("at"))
        connection.execute(documents.update().where(this), changed)


def _text(document: Document) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _folded(connection: Connection, view: Fold[Any], key: str | None, query: Query) -> Documents:
    """What the documents were, or would have been, by the same folds in the same order."""
    seen = select(archive.c.type, archive.c.body)
    if query.as_of is not None:
        seen = seen.where(archive.c.known_at <= query.as_of)
    if query.effective_on is not None:
        seen = seen.where(archive.c.effective_on <= query.effective_on)
    folds = (clock, view)
    folded: Documents = {}
    for event in _history(connection, seen, folds):
        if any(name == clock.NAME or key in {None, at} for name, at in addresses(event, folds)):
            evolve(folded, event, folds)
    return folded


def _history(
    connection: Connection, statement: Select[Any], folds: Sequence[Fold[Any]]
) -> Iterator[Event]:
    """Archived events that these folds know, in order of arrival."""
    types = sorted({event.TYPE for fold in folds for event in fold.EVENTS})
    ordered = statement.where(archive.c.type.in_(types)).order_by(archive.c.arrival)
    options = {"yield_per": ROWS_A_STATEMENT}
    for type_, body in connection.execute(ordered, execution_options=options):
        if event := decode(type_, body):
            yield event
