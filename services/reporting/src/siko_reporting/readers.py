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
    authority_id = getattr(query, "authority_id", None)
    own = reader.authority_id if authority_id in {None, reader.authority_id} else NOBODY
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
        return {
            address: document
            for address, document in found.known.items()
            if _does(document, reader.held_for)
        }
    return _of_invited(documents_of(connection, invitations, key), reader.held_for, name, found)


def is_concerned(parked: Iterable[str], reader: Identity, shown: Documents) -> bool:
    """Whether one of these parked aggregates may be missing from what the reader sees.

    A partner body is told of those that all their names are known to it; that others wait would be news of them.
    """
    if reader.role != "partner":
        return any(parked)
    known_names = {reader.held_for, *_strings(list(shown.values()))}
    return any(
        known_names.issuperset(aggregate_id.split(":")[1:] or [aggregate_id])
        for aggregate_id in parked
    )


def _strings(value: Any) -> Iterator[str]:
    """All texts within a document, names of fields included: ids of topics and actions are such names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value, *value.values()])
    elif isinstance(value, list):
        for element in value:
            yield from _strings(element)


def _of_authority(
    connection: Connection, authority_id: str, name: str, key: str | None, known: Documents
) -> Documents:
    if name in {actions.NAME, conferences.NAME}:
        return {
            address: document
            for address, document in known.items()
            if document.get("authority_id") == authority_id
        }
    dated = documents_of(connection, conferences, key)
    own = {
        document_key
        for (_, document_key), document in dated.items()
        if document.get("authority_id") == authority_id
    }
    return {
        (view, document_key): document
        for (view, document_key), document in known.items()
        if document_key in own
    }


def _of_invited(lists: Documents, body_id: str, name: str, found: Found) -> Documents:
    open_to = {
        document_key
        for (_, document_key), document in lists.items()
        if _open_rows(document, body_id)
    }
    open_documents = {
        (view, document_key): document
        for (view, document_key), document in found.known.items()
        if document_key in open_to
    }
    prune = {conference.NAME: _file, invitations.NAME: _list}.get(name)
    if prune is None:
        return open_documents
    return {
        address: prune(document, found.current.get(address, {}), body_id)
        for address, document in open_documents.items()
    }


def _file(document: Document, current: Document, body_id: str) -> Document:
    """Without who else is invited and what is missing; items within the need-to-know, and what came of them."""
    now = current.get("topics", {})
    topics = {
        id_: topic
        for id_, topic in document["topics"].items()
        if id_ in now and _may_know(now[id_], body_id) and _may_know(topic, body_id)
    }
    visible_actions = {
        id_: action
        for id_, action in document["actions"].items()
        if action["topic_id"] in topics or _does(action, body_id)
    }
    own = _list(document["invitations"], current.get("invitations", {}), body_id)
    numbered = {
        id_: _telling(topic, {*topics, *visible_actions})
        for id_, topic in _numbered(topics).items()
    }
    return {
        **document,
        "invitations": own,
        "coverage": [],
        "topics": numbered,
        "actions": visible_actions,
    }


def _list(document: Document, current: Document, body_id: str) -> Document:
    rows = _open_rows(document, body_id)
    own_rows = {row_id: rows[row_id] for row_id in rows if row_id in _open_rows(current, body_id)}
    return {**document, "invitations": own_rows}


def _numbered(topics: Parts) -> Parts:
    """In the same order, and counted anew: holes would tell of items between that the reader may not know (R22)."""
    placed = (topic_id for topic_id, topic in topics.items() if topic["number"] is not None)
    ordered = sorted(placed, key=lambda topic_id: topics[topic_id]["number"])
    numbers = {topic_id: number for number, topic_id in enumerate(ordered, 1)}
    return {
        topic_id: {**topic, "number": numbers.get(topic_id)} for topic_id, topic in topics.items()
    }


def _telling(topic: Document, visible_ids: Collection[str]) -> Document:
    """Its outcomes refer to what the reader sees, else to nothing."""
    outcomes = [
        {
            **outcome,
            "refers_to": outcome["refers_to"] if outcome["refers_to"] in visible_ids else None,
        }
        for outcome in topic["outcomes"]
    ]
    return {**topic, "outcomes": outcomes}


def _may_know(topic: Document, body_id: str) -> bool:
    """Its own; others' once they are on a released agenda or were discussed. What does not say who may, is not shown."""
    if topic["body_id"] == body_id:
        return True
    is_published = topic.get("released") or topic["state"] == "DISCUSSED"
    may_know: Any = topic.get("need_to_know")
    return bool(is_published) and may_know is not None and (not may_know or body_id in may_know)


def _does(action: Document, body_id: str) -> bool:
    return body_id in {action["lead_body_id"], *action["contributing_body_ids"]}


def _open_rows(document: Document, body_id: str) -> Parts:
    """Its own invitation, and those that it forwards (R12), from the release of the list to the withdrawal."""
    return {
        invited_id: row
        for invited_id, row in document.get("invitations", {}).items()
        if body_id in {invited_id, row["via"]} and row["state"] not in NOT_INVITED
    }
