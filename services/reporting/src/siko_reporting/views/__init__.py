"""All views, and how an event goes into the documents of those that it belongs to."""

from collections.abc import Iterable
from typing import Any

from siko_contracts.events import Event
from siko_contracts.queries import QUERIES

from siko_reporting.views import (
    actions,
    attendance,
    clock,
    compliance,
    conference,
    conferences,
    forwarding,
    invitations,
    needs,
    situation_topics,
    unmatched_replies,
)
from siko_reporting.views.base import Document, Fold, View


def ensure_visible(view: View[Any, Any]) -> View[Any, Any]:
    """The view. Raises TypeError if nobody can ask for it, or if a body may and the view does not say what it sees."""
    query = QUERIES["reporting"].get(view.NAME)
    if query is None:
        raise TypeError(f"the view {view.NAME} has no query in siko_contracts.queries.reporting")
    to_bodies = bool(view.VISIBLE.invited_body or view.VISIBLE.any_body)
    if query.ACCESS.partner is not to_bodies:
        raise TypeError(
            f"{view.NAME}: what a body sees (VISIBLE) and whether it may ask (ACCESS) differ"
        )
    return view


VIEWS: dict[str, View[Any, Any]] = {
    view.NAME: ensure_visible(view)
    for view in (
        compliance,
        situation_topics,
        needs,
        actions,
        invitations,
        forwarding,
        attendance,
        conference,
        conferences,
        unmatched_replies,
    )
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
