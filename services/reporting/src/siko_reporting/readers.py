"""What a reader may see of a view (R38), as the view says: an authority its own, a partner body what concerns it."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from siko_contracts.access import AT_AN_AUTHORITY
from siko_contracts.queries import Query
from siko_core.identity.identity import Identity
from sqlalchemy import Connection

from siko_reporting.documents import documents_of
from siko_reporting.views import Documents, conferences, invitations
from siko_reporting.views.base import Part, View

NOBODY = "-"
"""Is no authority: what is asked for with it is nothing."""


def narrowed(reader: Identity, view: View[Any, Any], query: Query) -> Query:
    """The query as if the reader had asked for its own; what is another's is as if it were not there."""
    if view.VISIBLE.authority != "asks for its own":
        return query
    authority_id = getattr(query, "authority_id", None)
    own = reader.authority_id if authority_id in {None, reader.authority_id} else NOBODY
    return query.model_copy(update={"authority_id": own})


class Found(NamedTuple):
    """What a query finds, and the same documents as they are now."""

    known: Documents
    current: Documents


def visible(
    connection: Connection, reader: Identity, view: View[Any, Any], key: str | None, found: Found
) -> Documents:
    """The documents, without what the reader may not see.

    Its rights are those of now, whenever it looks back to; and nothing is seen of an item that it could not see then.
    """
    if reader.role in AT_AN_AUTHORITY:
        return _of_authority(connection, reader.held_for, view, key, found.known)
    if reader.role != "partner":
        return {}
    if part := view.VISIBLE.any_body:
        return _parts(part, found, reader.held_for)
    if part := view.VISIBLE.invited_body:
        return _parts(part, _of_invited(connection, reader.held_for, key, found), reader.held_for)
    return {}


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
    connection: Connection,
    authority_id: str,
    view: View[Any, Any],
    key: str | None,
    known: Documents,
) -> Documents:
    match view.VISIBLE.authority:
        case "asks for its own":
            return known
        case "its documents":
            return {at: d for at, d in known.items() if d.get("authority_id") == authority_id}
        case "its conferences":
            dated = documents_of(connection, conferences, key)
            own = {at for (_, at), d in dated.items() if d.get("authority_id") == authority_id}
            return {(name, at): d for (name, at), d in known.items() if at in own}


def _of_invited(connection: Connection, body_id: str, key: str | None, found: Found) -> Found:
    lists = documents_of(connection, invitations, key)
    open_to = {at for (_, at), d in lists.items() if invitations.rows_open_to(d, body_id)}
    known = {(name, at): d for (name, at), d in found.known.items() if at in open_to}
    return Found(known, found.current)


def _parts(part: Part, found: Found, body_id: str) -> Documents:
    parts = {at: part(d, found.current.get(at, {}), body_id) for at, d in found.known.items()}
    return {at: seen for at, seen in parts.items() if seen is not None}
