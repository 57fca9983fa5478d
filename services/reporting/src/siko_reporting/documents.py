"""Documents in the database: read by their address, written where they are new or have changed."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, tuple_

from siko_reporting.tables import documents
from siko_reporting.views import Address, Documents, clock
from siko_reporting.views.base import Document, Fold
from siko_reporting.writing import Rows

ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
ROWS_A_STATEMENT = 1000
AT = select(documents).where(
    tuple_(documents.c.view, documents.c.key).in_(bindparam("wanted", expanding=True))
)


def documents_at(connection: Connection, addresses: set[Address]) -> Documents:
    result: Documents = {}
    ordered = sorted(addresses)
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        parameters = {"wanted": ordered[start : start + ROWS_A_STATEMENT]}
        result |= _documents(connection.execute(AT, parameters))
    return result


def documents_of(connection: Connection, view: Fold[Any], key: str | None) -> Documents:
    """All documents of a view, or the one with this key; and today."""
    if key is not None:
        return documents_at(connection, {(view.NAME, key), (clock.NAME, clock.KEY)})
    condition = documents.c.view.in_((view.NAME, clock.NAME))
    return _documents(connection.execute(select(documents).where(condition)))


def _documents(rows: Iterable[Row[Any]]) -> Documents:
    return {(row.view, row.key): json.loads(row.document) for row in rows}


def rows_of(changes: Documents) -> Rows:
    """To be written; those that are there already are written over."""
    rows = [
        {"view": view, "key": key, "document": _text(document)}
        for (view, key), document in changes.items()
    ]
    return Rows(documents, rows, replace=True)


def _text(document: Document) -> str:
    return ENCODER.encode(document)
