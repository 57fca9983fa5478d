"""What a view is: a pure fold of events into documents, and the items that a query gets from them."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from siko_contracts.events import Event
from siko_contracts.queries import Item, ListQuery, Query
from siko_core import cursors

Document = dict[str, Any]
"""What a fold remembers under one key: plain JSON values, never changed in place."""

E_contra = TypeVar("E_contra", bound=Event, contravariant=True)
Q_contra = TypeVar("Q_contra", bound=Query, contravariant=True)


class Fold(Protocol[E_contra]):
    """A module that folds events. Folds commute across producers: each producer writes its own fields."""

    @property
    def NAME(self) -> str: ...  # noqa: N802  # a module's constant

    @property
    def EVENTS(self) -> tuple[type[Event], ...]: ...  # noqa: N802

    @property
    def INITIAL(self) -> Document: ...  # noqa: N802

    def key(self, event: E_contra) -> str:
        """Of the document that the event belongs to."""

    def evolve(self, document: Document, event: E_contra) -> Document:
        """The document after the event; the one before it stays as it was."""


Part = Callable[[Document, Document, str], Document | None]
"""What a body sees of a document, given the same one as it is now, and the body's id; None: nothing."""


class Visibility(NamedTuple):
    """What a reader sees of a view whose rights do not let it see all (R38)."""

    authority: Literal["asks for its own", "its documents", "its conferences"]
    """How an authority gets its own only.

    `asks for its own`: the query's `authority_id` is set to it. `its documents`: those whose `authority_id` it is.
    `its conferences`: those whose key is one of its conferences.
    """
    invited_body: Part | None = None
    """What a partner body sees of the documents whose key is a conference that it is invited to."""
    any_body: Part | None = None
    """What a partner body sees of all documents, invited or not."""


class View(Fold[E_contra], Protocol[E_contra, Q_contra]):
    """A fold that can be asked."""

    @property
    def VISIBLE(self) -> Visibility: ...  # noqa: N802

    @property
    def KEYED_BY(self) -> str | None:  # noqa: N802
        """The query's field that names the one document it needs; None: it needs all of them."""

    @property
    def ORDER(self) -> tuple[str, ...]:  # noqa: N802
        """Fields that sort the items, and together tell one from every other."""

    def items(
        self, documents: Iterable[Document], query: Q_contra, today: date | None
    ) -> Iterable[Item]:
        """What the query asks for; `today` is the last day begun, None before the first."""


def asked_for(item: Item, query: Query, *fields: str) -> bool:
    """Whether the item has what the query asks for in these fields, where it asks."""
    filters = {field: getattr(query, field) for field in fields}
    return all(value is None or getattr(item, field) == value for field, value in filters.items())


def page(
    view: View[Any, Any], documents: Iterable[Document], query: Query, today: date | None
) -> tuple[list[Document], str | None]:
    """A query's items in order, and the next page's cursor; raises InvalidCommand if its own is none of ours."""
    rows = [item.model_dump(mode="json") for item in view.items(documents, query, today)]
    keyed = sorted((_sort_key(view, row), index) for index, row in enumerate(rows))
    if not isinstance(query, ListQuery):
        return [rows[index] for _, index in keyed], None
    if query.cursor is not None:
        after = cursors.sort_key(query.cursor)
        keyed = [pair for pair in keyed if pair[0] > after]
    on_page, cursor = cursors.page(keyed, query.limit, lambda row: cursors.of_sort_key(row[0]))
    return [rows[index] for _, index in on_page], cursor


def _sort_key(view: View[Any, Any], row: Document) -> list[str]:
    return ["" if row[field] is None else str(row[field]) for field in view.ORDER]
