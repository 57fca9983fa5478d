"""What is asked and answered of sealed texts: titles, reasons, comments, contacts; each write service answers its own."""

from typing import Annotated

from pydantic import Field

from siko_contracts.queries.base import Item, ListQuery
from siko_contracts.values import Id, Moment

MOST_THINGS = 100
"""Of one query, all of which its line in the access log names."""


class TextItem(Item):
    """One sealed text, opened; "gelöscht" once its key was erased, "unlesbar" where it was altered."""

    id: str
    """Of what it is about: a topic, an action, a conference, a body, an authority."""
    fact: str
    """What happened, by its topic in the store: `topic_submission.returned`."""
    field: str
    """The text's name within the fact: `title`, `reason`, `outcomes.text`."""
    text: str | list[str]
    effective_at: Moment
    conference_id: str | None = None
    topic_id: str | None = None
    body_id: str | None = None
    kind: str | None = None
    """Of the outcome that the text words, or of the conference that was owed."""
    area: str | None = None
    year: int | None = None
    """Of a nil report."""


class TextsQuery(ListQuery):
    """Names things; who may not read their texts gets the answer about things that do not exist."""

    ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_THINGS)]
