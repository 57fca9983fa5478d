"""What a reader may see of a view (R38): an authority its own conferences, a partner body those it is invited to."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.queries import Query
from siko_core.identity.identity import Identity
from sqlalchemy import Connection

from siko_reporting.documents import documents_of
from siko_reporting.views import Documents, actions, conference, conferences, invitations
from siko_reporting.views.base import Document

BY_QUERY = ("compliance", "situation_topics")
"""Views whose rows are an authority's: it can only ask for its own."""
NOT_INVITED = ("DRAFTED", "WITHDRAWN")
NOBODY = "-"
"""Is no authority: what is asked for with it is nothing."""

Parts = dict[str, Document]
"""Within a document: topics, actions or invitations, by their id or body."""


def narrowed(reader: Identity, name: str, query: Query) -> Query:
    """The query as if the reader had asked for its own; what is another's is as if it were not there."""
    if name not in BY_QUERY:
        return query
    asked = getattr(query, "authority_id", None)
    own = reader.authority_id if asked in {None, reader.authority_id} else NOBODY
    return query.model_copy(update={"authority_id": own})


class Found(NamedTuple):
    """What a query finds, and the same documents as they are now."""

    known: Documents
    current: Documents


def visible(
    connection: Connection, reader: Identity, name: str, key: str | None, found: Found
) -> Documents:
    """The documents, without what the reader may not see.

    Its rights are those of now, whenever it looks back to; and nothing is seen of an item that it could not see then.
    """
    if name in BY_QUERY:
        return found.known
    if reader.role in AT_AN_AUTHORITY:
        return _of_authority(connection, reader.held_for, name, key, found.known)
    if reader.role != "partner":
        return {}
    if name == actions.NAME:
        return {at: each for at, each in found.known.items() if _does(each, reader.held_for)}
    return _of_invited(documents_of(connection, invitations, key), reader.held_for, name, found)


def is_concerned(parked: Iterable[str], reader: Identity, seen: Documents) -> bool:
    """Whether one of these parked aggregates may be missing from what the reader sees.

    A partner body is told of those that all their names are known to it; that others wait would be news of them.
    """
    if reader.role != "partner":
        return any(parked)
    named = {reader.held_for, *_strings(list(seen.values()))}
    return any(named.issuperset(each.split(":")[1:] or [each]) for each in parked)


def _strings(value: Any) -> Iterator[str]:
    """All texts within a document, names of fields included: ids of topics and actions are such names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _of_authority(
    connection: Connection, authority_id: str, name: str, key: str | None, known: Documents
) -> Documents:
    if name in {actions.NAME, conferences.NAME}:
        return {at: each for at, each in known.items() if each.get("authority_id") == authority_id}
    dated = documents_of(connection, conferences, key)
    own = {at for (_, at), each in dated.items() if each.get("authority_id") == authority_id}
    return {(view, at): each for (view, at), each in known.items() if at in own}


def _of_invited(lists: Documents, body_id: str, name: str, found: Found) -> Documents:
    open_to = {at for (_, at), each in lists.items() if _open_rows(each, body_id)}
    seen = {(view, at): each for (view, at), each in found.known.items() if at in open_to}
    prune = {conference.NAME: _file, invitations.NAME: _list}.get(name)
    if prune is None:
        return seen
    return {at: prune(each, found.current.get(at, {}), body_id) for at, each in seen.items()}


def _file(document: Document, current: Document, body_id: str) -> Document:
    """Without who else is invited and what is missing; items within the need-to-know, and what came of them."""
    now = current.get("topics", {})
    topics = {
        at: topic
        for at, topic in document["topics"].items()
        if at in now and _may_know(now[at], body_id) and _may_know(topic, body_id)
    }
    done = {
        at: each
        for at, each in document["actions"].items()
        if each["topic_id"] in topics or _does(each, body_id)
    }
    own = _list(document["invitations"], current.get("invitations", {}), body_id)
    shown = {at: _telling(topic, {*topics, *done}) for at, topic in _numbered(topics).items()}
    return {**document, "invitations": own, "coverage": [], "topics": shown, "actions": done}


def _list(document: Document, current: Document, body_id: str) -> Document:
    rows = _open_rows(document, body_id)
    own = {at: rows[at] for at in rows if at in _open_rows(current, body_id)}
    return {**document, "invitations": own}


def _numbered(topics: Parts) -> Parts:
    """In the same order, and counted anew: holes would tell of items between that the reader may not know (R22)."""
    placed = (at for at, topic in topics.items() if topic["number"] is not None)
    ordered = sorted(placed, key=lambda at: topics[at]["number"])
    numbers = {at: number for number, at in enumerate(ordered, 1)}
    return {at: {**topic, "number": numbers.get(at)} for at, topic in topics.items()}


def _telling(topic: Document, seen: Collection[str]) -> Document:
    """Its outcomes refer to what the reader sees, else to nothing."""
    outcomes = [
        {**each, "refers_to": each["refers_to"] if each["refers_to"] in seen else None}
        for each in topic["outcomes"]
    ]
    return {**topic, "outcomes": outcomes}


def _may_know(topic: Document, body_id: str) -> bool:
    """Its own; others' once they are on a released agenda or were discussed. What does not say who may, is not shown."""
    if topic["body_id"] == body_id:
        return True
    told = topic.get("released") or topic["state"] == "DISCUSSED"
    may_know: Any = topic.get("need_to_know")
    return bool(told) and may_know is not None and (not may_know or body_id in may_know)


def _does(action: Document, body_id: str) -> bool:
    return body_id in {action["lead_body_id"], *action["contributing_body_ids"]}


def _open_rows(document: Document, body_id: str) -> Parts:
    """Its own invitation, and those that it forwards (R12), from the release of the list to the withdrawal."""
    return {
        at: row
        for at, row in document.get("invitations", {}).items()
        if body_id in {at, row["via"]} and row["state"] not in NOT_INVITED
    }
