"""Answers `texts` of a write service: sealed texts, opened for whom its table names, in pages of bounded size."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel
from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.queries.texts import TextItem, TextsQuery

from siko_core import cursors
from siko_core.eventsourced.aggregates import Aggregate, DomainEvent, fold
from siko_core.eventsourced.ids import is_composed, successor
from siko_core.identity.identity import IDENTITY, Identity
from siko_core.requests.history import EventLog
from siko_core.sealed import Sealed, sealed_parts

A = TypeVar("A", bound=Aggregate)
LARGEST_PAGE = 500_000
"""Bytes of a page with more than one text: half of an unconfigured broker's message limit."""
NEUTRAL = ("conference_id", "topic_id", "body_id", "kind", "area", "year")

Rule = Callable[[Identity, Any, Any], bool]
"""Whether it lets a reader read the texts of an event, which is of a `Subject` with these facts."""
Table = Mapping[type[DomainEvent], tuple[Rule, ...]]
"""The rules of each event with sealed fields; one that allows is enough. The auditor reads all."""


class Page(NamedTuple):
    """Items of an answer, and where the next page begins."""

    items: Sequence[Any]
    cursor: str | None = None


class Subject(NamedTuple):
    """An aggregate of which texts are asked for."""

    id: str
    """As clients name it."""
    events: Sequence[DomainEvent]
    facts: Any
    """What the rules need to know of it."""


class Past:
    """The aggregates of a service as of a moment, folded from committed events beside the writer."""

    def __init__(self, log: EventLog, as_of: datetime | None) -> None:
        self._log = log
        self._as_of = as_of
        self._found: dict[str, tuple[Any, list[Any]]] = {}
        self._ids: dict[str, list[str]] = {}

    def find(self, aggregate_class: type[A], aggregate_id: str) -> tuple[A, list[Any]] | None:
        """The aggregate and its events; None if there is none of this class with this id, nor with a composed id's
        successor.
        """
        if aggregate_id not in self._found:
            self._found[aggregate_id] = self._fold(aggregate_id)
        aggregate, events = self._found[aggregate_id]
        if isinstance(aggregate, aggregate_class):
            return aggregate, events
        if aggregate is not None and is_composed(aggregate_id):
            return self.find(aggregate_class, successor(aggregate_id))
        return None

    def ids_with(self, event_class: type[DomainEvent]) -> list[str]:
        """Ids of the aggregates that have such an event by now, found by a scan of the log."""
        topic = event_class.TOPIC
        if topic not in self._ids:
            stored_events = self._log.events_of([topic])
            self._ids[topic] = list(dict.fromkeys(str(e.originator_id) for e in stored_events))
        return self._ids[topic]

    def _fold(self, aggregate_id: str) -> tuple[Any, list[Any]]:
        stored = self._log.recorder.select_events(aggregate_id)
        events = [
            event
            for event in map(self._log.application.mapper.to_domain_event, stored)
            if self._as_of is None or event.metadata.recorded_at <= self._as_of
        ]
        return fold(None, events), events


Find = Callable[[Past, str], Iterable[Subject]]
"""Finds the aggregates whose texts belong to what an id names."""


class Found(NamedTuple):
    """A sealed text that the caller may read."""

    place: list[str]
    """In the order of the answer. It counts only what this reader may read, so it tells nothing of the rest."""
    id: str
    event: DomainEvent
    field: str
    sealed: Sealed[Any]
    part: BaseModel | None
    """Of the event, that the text words: an outcome."""


def read_texts(log: EventLog, query: TextsQuery, table: Table, find: Find) -> Page:
    """Return a page of the texts that the caller may read now, and could read at `as_of`."""
    begin = cursors.sort_key(query.cursor) if query.cursor else []
    items: list[TextItem] = []
    size, last = 0, begin
    for found in _readable(log, query, table, find):
        if found.place <= begin:
            continue
        item = _item(log, found)
        size += len(item.model_dump_json().encode())
        if items and (len(items) == query.limit or size > LARGEST_PAGE):
            return Page(items, cursors.of_sort_key(last))
        items.append(item)
        last = found.place
    return Page(items)


def own_authority(reader: Identity, event: DomainEvent, _: Any) -> bool:
    """Whether the reader acts for the authority whose thing it is."""
    return reader.role in AT_AN_AUTHORITY and reader.authority_id == event.authority_id


def _readable(log: EventLog, query: TextsQuery, table: Table, find: Find) -> Iterator[Found]:
    reader = IDENTITY.get()
    then = _subjects(Past(log, query.as_of), query.ids, find)
    now = then if query.as_of is None else _subjects(Past(log, None), query.ids, find)
    for key in sorted(then.keys() & now.keys()):
        subject = then[key]
        facts = (subject.facts, now[key].facts)
        number = 0
        for event in subject.events:
            if all(_may_read(reader, event, each, table) for each in facts):
                for field, sealed, part in sealed_parts(event):
                    number += 1
                    place = [*key, f"{number:09d}"]
                    yield Found(place, subject.id, event, field, sealed, part)


def _subjects(past: Past, ids: Iterable[str], find: Find) -> dict[tuple[str, str], Subject]:
    """By the ids of the aggregate and of what it is about: an obligation can be about two authorities (R6)."""
    subjects = (subject for id_ in dict.fromkeys(ids) for subject in find(past, id_))
    return {(subject.events[0].originator_id, subject.id): subject for subject in subjects}


def _may_read(reader: Identity | None, event: DomainEvent, facts: Any, table: Table) -> bool:
    """Whether one of the event's rules allows it; with `SIKO_AUTH=off` everybody reads all."""
    if reader is None or reader.role == "auditor":
        return True
    return any(rule(reader, event, facts) for rule in table.get(type(event), ()))


def _item(log: EventLog, found: Found) -> TextItem:
    """Open the text; beside it stand the neutral fields of its event, and of the part of the event that it words."""
    fields = {
        name: value
        for source in (found.event, found.part)
        for name in NEUTRAL
        if (value := getattr(source, name, None)) is not None
    }
    opened = log.rows.opened(found.event.originator_id, found.field, found.sealed)
    return TextItem(
        id=found.id,
        fact=found.event.TOPIC,
        field=found.field,
        text=opened.value,
        effective_at=found.event.metadata.effective_at,
        **fields,
    )
