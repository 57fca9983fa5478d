"""Reads the texts of a desk's store as a reader would, all pages."""

from datetime import UTC, datetime
from typing import Any

from siko_contracts.queries.texts import TextItem, TextsQuery
from siko_core.identity.identity import IDENTITY, Identity
from siko_core.requests.history import EventLog
from siko_core.testing import Desk


def at(authority_id: str, role: Any = "secretariat") -> Identity:
    return Identity(sub="somebody", role=role, authority_id=authority_id)


def partner(body_id: str) -> Identity:
    return Identity(sub="somebody", role="partner", body_id=body_id)


AUDITOR = Identity(sub="somebody", role="auditor")
MINISTRY = Identity(sub="somebody", role="ministry")


def read(desk: Desk[Any], texts: Any, query: TextsQuery, reader: Identity | None) -> list[TextItem]:
    """All pages of the answer."""
    log = EventLog(desk.application, desk.translations)
    token = IDENTITY.set(reader)
    try:
        items: list[TextItem] = []
        while True:
            page = texts(log, query, datetime.now(UTC))
            items += page.items
            if page.cursor is None:
                return items
            query = query.model_copy(update={"cursor": page.cursor})
    finally:
        IDENTITY.reset(token)
