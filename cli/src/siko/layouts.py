"""Which columns a table has where it is to fit the screen; `--wide` shows all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siko.german.cells import row
from siko.german.headings import heading
from siko.output import is_on_screen, table

NARROW: Mapping[str, tuple[str, ...]] = {
    "access_log": ("at", "service", "role", "held_for", "asked", "outcome"),
    "actions": ("action_id", "title", "lead_body_id", "due_on", "state", "overdue"),
    "agenda": ("number", "topic_id", "title", "body_id", "topic_area", "state", "reason"),
    "attendance": ("conference_id", "body_id", "category", "answer", "attended", "level"),
    "attendance_sheet": ("file_name", "template"),
    "calendar": ("body_id", "method", "content"),
    "compliance": ("authority_id", "area", "year", "verdict", "gaps", "reason"),
    "conferences": ("conference_id", "starts_at", "authority_id", "areas", "month", "state"),
    "coverage": ("area", "counts", "gaps"),
    "dead_letters": ("service", "id", "type", "aggregate_id", "error", "state", "parked_at"),
    "differences": ("position", "code", "fields"),
    "forwarding": ("conference_id", "body_id", "via", "state", "asked_at", "due_on", "reminders"),
    "free_days": ("day", "suits", "against"),
    "history": ("", "event_id", "service", "topic", "effective_at", "recorded_at", "actor", "channel", "fields"),
    "invitations": ("conference_id", "body_id", "state", "level", "answer", "deputy", "comment"),
    "letters": ("body_id", "via", "function", "kind", "channel", "state", "carried_by", "findings"),
    "log": ("position", "event_id", "topic", "recorded_at"),
    "needs": ("topic_id", "title", "topic_area", "areas", "found_on", "state", "reason"),
    "outcomes": ("topic_id", "kind", "text", "refers_to"),
    "positions": ("epoch", "lost_from", "lost_to"),
    "register": ("fact", "id", "name", "authority_id", "category", "valid_from", "valid_to"),
    "situation_topics": ("area", "year", "topic_area", "discussed", "outcomes", "actions_open"),
    "texts": ("fact", "text", "id", "effective_at"),
    "unmatched_replies": ("reply_id", "received_at", "cause", "body_id", "answer", "sender", "text", "state"),
    "what_if": ("authority_id", "area", "year", "recorded_verdict", "verdict", "ruleset"),
    "withdrawn": ("producer", "position", "type", "withdrawn_at"),
}  # fmt: skip
"""Query, or list within an item -> its columns."""
STACKED: Mapping[str, tuple[str, ...]] = {
    "actions": ("title", "action_id"),
    "agenda": ("title", "topic_area", "topic_id"),
    "conferences": ("starts_at", "conference_id"),
    "invitations": ("body_id", "conference_id"),
    "letters": ("body_id", "function"),
    "needs": ("title", "topic_area", "topic_id"),
    "outcomes": ("text", "topic_id"),
    "texts": ("text", "id"),
    "unmatched_replies": ("received_at", "reply_id"),
}
"""Columns that are one on a screen, below each other: an id is long, and only to be copied."""


def columns(
    about: str,
    items: Sequence[Mapping[str, Any]],
    *,
    asked: Iterable[str] = (),
    wide: bool = False,
) -> list[str]:
    """The columns of a table: without those that the question fixes (`asked`), nor those that are all empty."""
    keys = dict.fromkeys(key for item in items for key in item)
    if wide or about not in NARROW:
        return list(keys)
    given = set(asked)
    return [
        key
        for key in NARROW[about]
        if key not in given and any(item.get(key) not in (None, "") for item in items)
    ]


def show_table(
    about: str,
    items: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str] | None = None,
    asked: Iterable[str] = (),
    wide: bool = False,
) -> None:
    """Print the items of a query, or of a list within an item, as a table for people; `names`: id -> name."""
    rows = [row(item, about, names) for item in items]
    keys = columns(about, rows, asked=asked, wide=wide)
    if not wide and is_on_screen():
        rows, keys = _stacked(about, rows, keys)
    table(rows, columns=keys)


def _stacked(
    about: str, rows: list[dict[str, str]], keys: list[str]
) -> tuple[list[dict[str, str]], list[str]]:
    """The rows with the columns that stand below each other as one, if there are several of them."""
    parts = [key for key in STACKED.get(about, ()) if key in keys]
    if len(parts) < 2:  # noqa: PLR2004 - one is no stack
        return rows, keys
    name = "\n".join(map(heading, parts))
    stacked = [row | {name: "\n".join(filter(None, map(row.get, parts)))} for row in rows]
    return stacked, [name if key == parts[0] else key for key in keys if key not in parts[1:]]
