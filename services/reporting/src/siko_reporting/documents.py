"""Documents in the database: read by their address, written where they are new or have changed."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, tuple_

from siko_reporting.tables import documents
from siko_reporting.views import Address, Documents, clock
from siko_reporting.views.base import Document, Fold

ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
ROWS_A_STATEMENT = 1000


def documents_at(connection: Connection, wanted: set[Address]) -> Documents:
    found: Documents = {}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        part = ordered[start : start + ROWS_A_STATEMENT]
        these = tuple_(documents.c.view, documents.c.key).in_(part)
        found |= _read(connection, select(documents).where(these))
    return found


def documents_of(connection: Connection, view: Fold[Any], key: str | None) -> Documents:
    """All documents of a view, or the one with this key; and today."""
    if key is not None:
        return documents_at(connection, {(view.NAME, key), (clock.NAME, clock.KEY)})
    these = documents.c.view.in_((view.NAME, clock.NAME))
    return _read(connection, select(documents).where(these))


def _read(connection: Connection, statement: Select[Any]) -> Documents:
    rows = connection.execute(statement)
    return {(row.view, row.key): json.loads(row.document) for row in rows}


def keep(connection: Connection, before: Mapping[Address, Document], after: Documents) -> None:
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
    return ENCODER.encode(document)
