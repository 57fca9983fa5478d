"""All views, and how an event goes into the documents of those that it belongs to."""

from collections.abc import Iterable
from typing import Any

from siko_contracts.events import Event

from siko_reporting.views import (
    actions,
    clock,
    compliance,
    conference,
    conferences,
    invitations,
    situation_topics,
)
from siko_reporting.views.base import Document, Fold, View

VIEWS: dict[str, View[Any, Any]] = {
    view.NAME: view
    for view in (compliance, situation_topics, actions, invitations, conference, conferences)
}
FOLDS: tuple[Fold[Any], ...] = (clock, *VIEWS.values())

Address = tuple[str, str]
"""Name of the fold and key of the document."""
Documents = dict[Address, Document]


def addresses(event: Event, folds: Iterable[Fold[Any]] = FOLDS) -> list[Address]:
    """Of the documents that an event changes."""
    return [(fold.NAME, fold.key(event)) for fold in folds if type(event) in fold.EVENTS]


def evolve(documents: Documents, event: Event, folds: Iterable[Fold[Any]] = FOLDS) -> None:
    """Put the documents after the event in the place of those before it."""
    for fold in folds:
        if type(event) in fold.EVENTS:
            address = fold.NAME, fold.key(event)
            documents[address] = fold.evolve(documents.get(address, fold.INITIAL), event)
