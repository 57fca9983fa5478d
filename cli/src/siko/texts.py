"""Puts texts into the rows of reporting's views: titles, reasons and comments, as far as the reader may read them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from siko_contracts.queries.texts import MOST_THINGS

from siko.client import Client
from siko.output import Failure, say

Row = Mapping[str, Any]
PATIENCE_S = 6.0
"""For one batch, longer than one attempt of a query; then the view is shown without these texts."""
ANSWERED = {
    "ACCEPTED": "invitation.accepted",
    "TENTATIVE": "invitation.tentatively_accepted",
    "DECLINED": "invitation.declined",
    "DEPUTY_NAMED": "invitation.deputy_named",
}


class Column(NamedTuple):
    """A column of texts, and which text stands in a row of it."""

    name: str
    service: str
    key: str
    """The row's field by which the text is asked for; the column stands behind it."""
    fact: Callable[[Row], str | None]
    """The fact that holds the text, as `TextItem.fact`; None where the row has no text."""
    field: str
    same: tuple[str, ...] = ()
    """Fields in which row and text agree."""


def _is(fact: str) -> Callable[[Row], str]:
    return lambda _: fact


TITLE = Column("title", "agenda", "topic_id", _is("topic_submission.submitted"), "title")
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "agenda": (
        TITLE,
        Column(
            "reason",
            "agenda",
            "topic_id",
            lambda row: f"topic_submission.{row['state'].lower()}",
            "reason",
        ),
    ),
    "outcomes": (
        Column(
            "text",
            "agenda",
            "topic_id",
            _is("topic_submission.discussed"),
            "outcomes.text",
            ("kind",),
        ),
    ),
    "actions": (Column("title", "agenda", "action_id", _is("action.proposed"), "title"),),
    "needs": (
        Column(
            "reason",
            "agenda",
            "conference_id",
            lambda row: "agenda.need_dismissed" if row["state"] == "dismissed" else None,
            "reason",
            ("topic_id",),
        ),
        TITLE,
    ),
    "invitations": tuple(
        Column(
            name,
            "invitations",
            "conference_id",
            lambda row: ANSWERED.get(row["answer"]),
            field,
            ("body_id",),
        )
        for name, field in (("comment", "comment"), ("deputy", "name"))
    ),
    "unmatched_replies": tuple(
        Column(name, "invitations", "reply_id", _is("held_reply.held"), name)
        for name in ("sender", "attendee", "text")
    ),
    "compliance": (
        Column(
            "reason",
            "scheduler",
            "authority_id",
            lambda row: "obligation.nil_report_recorded" if row["nil_reported"] else None,
            "reason",
            ("kind", "area", "year"),
        ),
    ),
}
"""By view; those of `agenda` and `outcomes` are lists in the file of a conference."""


async def with_texts(
    client: Client, view: str, rows: Sequence[Row], as_of: Any = None
) -> list[dict[str, Any]]:
    """Return the rows with their texts. A service that gives none is named on stderr."""
    wanted: dict[str, dict[str, None]] = {}
    for column, row in _cells(view, rows):
        wanted.setdefault(column.service, {})[row[column.key]] = None
    answers = await asyncio.gather(
        *(_read(client, service, list(ids), as_of) for service, ids in wanted.items())
    )
    return join(view, rows, [text for texts in answers for text in texts])


def join(view: str, rows: Sequence[Row], texts: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows with a column for each kind of text that one of them has."""
    told: dict[tuple[str, str, str], list[Row]] = {}
    for text in texts:
        told.setdefault((text["id"], text["fact"], text["field"]), []).append(text)
    return _joined(view, rows, told)


def _joined(
    view: str, rows: Sequence[Row], told: Mapping[tuple[str, str, str], list[Row]]
) -> list[dict[str, Any]]:
    cells = {column: [_text(column, row, told) for row in rows] for column in COLUMNS.get(view, ())}
    shown = {column: texts for column, texts in cells.items() if any(texts)}
    joined = []
    for number, row in enumerate(rows):
        cells_of: dict[str, Any] = {}
        for name, value in row.items():
            cells_of[name] = _joined(name, value, told) if _is_inner(view, name) else value
            cells_of |= {c.name: texts[number] for c, texts in shown.items() if c.key == name}
        joined.append(cells_of)
    return joined


def _text(column: Column, row: Row, told: Mapping[tuple[str, str, str], list[Row]]) -> str | None:
    """The latest text of the cell; of outcomes of one kind, all texts."""
    fact = column.fact(row)
    if fact is None:
        return None
    found = told.get((row[column.key], fact, column.field), ())
    texts = [text["text"] for text in found if all(text[name] == row[name] for name in column.same)]
    if column.field == "outcomes.text":
        return " / ".join(texts) or None
    return texts[-1] if texts else None


def _cells(view: str, rows: Sequence[Row]) -> Iterator[tuple[Column, Row]]:
    """Each cell that may have a text."""
    for row in rows:
        for column in COLUMNS.get(view, ()):
            if column.fact(row):
                yield column, row
        for name in row:
            if _is_inner(view, name):
                yield from _cells(name, row[name])


def _is_inner(view: str, name: str) -> bool:
    """Whether the field is a table within the file of a conference."""
    return view == "conference" and name in COLUMNS


async def _read(client: Client, service: str, ids: list[str], as_of: Any) -> list[Row]:
    """All texts of these things, in batches; those read so far if the service does not answer."""
    texts: list[Row] = []
    for first in range(0, len(ids), MOST_THINGS):
        query = {"ids": ids[first : first + MOST_THINGS], "as_of": as_of, "cursor": None}
        while query:
            try:
                answer = await asyncio.wait_for(client.view(service, "texts", **query), PATIENCE_S)
            except (TimeoutError, Failure) as error:
                reason = error.code if isinstance(error, Failure) else "keine Antwort"
                say(f"Ohne Texte von {service}: {reason}", aside=True)
                return texts
            texts += answer.items
            query = query | {"cursor": answer.cursor} if answer.cursor else {}
    return texts
