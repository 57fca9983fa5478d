"""What a reader may see of a view (R38): an authority its own conferences, a partner body those it is invited to."""

from typing import Any

from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.queries import Query
from siko_core.identity import Identity
from sqlalchemy import Connection

from siko_reporting.documents import documents_of
from siko_reporting.views import Documents, actions, conference, conferences, invitations
from siko_reporting.views.base import Document

BY_QUERY = ("compliance", "situation_topics")
"""Views whose rows are an authority's: it can only ask for its own."""
NOT_INVITED = ("DRAFTED", "WITHDRAWN")
NOBODY = "-"
"""Is no authority: what is asked for with it is nothing."""


def narrowed(reader: Identity, name: str, query: Query) -> Query:
    """The query as if the reader had asked for its own; what is another's is as if it were not there."""
    if name not in BY_QUERY:
        return query
    asked = getattr(query, "authority_id", None)
    own = reader.authority_id if asked in {None, reader.authority_id} else NOBODY
    return query.model_copy(update={"authority_id": own})


def visible(
    connection: Connection, reader: Identity, name: str, key: str | None, known: Documents
) -> Documents:
    """The documents, without what the reader may not see. Its rights are those of now, whenever it looks back to."""
    if name in BY_QUERY:
        return known
    if reader.role in AT_AN_AUTHORITY:
        return _of_authority(connection, reader.held_for, name, key, known)
    if reader.role != "partner":
        return {}
    return _of_body(connection, reader.held_for, name, key, known)


def _of_authority(
    connection: Connection, authority_id: str, name: str, key: str | None, known: Documents
) -> Documents:
    if name in {actions.NAME, conferences.NAME}:
        return {at: each for at, each in known.items() if each.get("authority_id") == authority_id}
    dated = documents_of(connection, conferences, key)
    own = {at for (_, at), each in dated.items() if each.get("authority_id") == authority_id}
    return {(view, at): each for (view, at), each in known.items() if at in own}


def _of_body(
    connection: Connection, body_id: str, name: str, key: str | None, known: Documents
) -> Documents:
    if name == actions.NAME:
        return {at: each for at, each in known.items() if _does(each, body_id)}
    lists = documents_of(connection, invitations, key)
    open_to = {at for (_, at), each in lists.items() if _invited(each, body_id)}
    seen = {(view, at): each for (view, at), each in known.items() if at in open_to}
    prune = {conference.NAME: _file, invitations.NAME: _list}.get(name, lambda each, _: each)
    return {address: prune(each, body_id) for address, each in seen.items()}


def _file(document: Document, body_id: str) -> Document:
    """Without who else is invited and what is missing; items within the need-to-know, and what came of them."""
    topics = {at: each for at, each in document["topics"].items() if _may_know(each, body_id)}
    done = {
        at: each
        for at, each in document["actions"].items()
        if each["topic_id"] in topics or _does(each, body_id)
    }
    own = _list(document["invitations"], body_id)
    return {**document, "invitations": own, "coverage": [], "topics": topics, "actions": done}


def _list(document: Document, body_id: str) -> Document:
    own = {at: r for at, r in document["invitations"].items() if body_id in {at, r["via"]}}
    return {**document, "invitations": own}


def _may_know(topic: Document, body_id: str) -> bool:
    """Its own; others' once they are on a released agenda or were discussed. What does not say who may, is not shown."""
    if topic["body_id"] == body_id:
        return True
    told = topic.get("released") or topic["state"] == "DISCUSSED"
    may_know: Any = topic.get("need_to_know")
    return bool(told) and may_know is not None and (not may_know or body_id in may_know)


def _does(action: Document, body_id: str) -> bool:
    return body_id in {action["lead_body_id"], *action["contributing_body_ids"]}


def _invited(document: Document, body_id: str) -> bool:
    """From the release of the list to the withdrawal; who forwards the invitation of another sees it too (R12)."""
    return any(
        body_id in {at, row["via"]} and row["state"] not in NOT_INVITED
        for at, row in document.get("invitations", {}).items()
    )
