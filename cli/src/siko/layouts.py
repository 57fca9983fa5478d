"""Which columns a table has where it is to fit the screen; `--wide` shows all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from siko.german.cells import row
from siko.output import table

NARROW: Mapping[str, tuple[str, ...]] = {
    "access_log": ("at", "service", "role", "held_for", "asked", "outcome"),
    "actions": ("action_id", "title", "lead_body_id", "due_on", "state", "overdue"),
    "agenda": ("number", "topic_id", "title", "body_id", "topic_area", "state", "reason"),
    "compliance": ("authority_id", "area", "year", "verdict", "gaps", "reason"),
    "conferences": ("conference_id", "starts_at", "authority_id", "areas", "month", "state"),
    "coverage": ("area", "counts", "gaps"),
    "dead_letters": ("service", "id", "type", "aggregate_id", "error", "state", "parked_at"),
    "differences": ("position", "code", "fields"),
    "free_days": ("day", "suits", "against"),
    "history": ("", "event_id", "service", "topic", "effective_at", "recorded_at", "actor", "channel", "fields"),
    "invitations": ("conference_id", "body_id", "category", "state", "answer", "deputy", "comment"),
    "log": ("position", "event_id", "topic", "recorded_at"),
    "needs": ("topic_id", "title", "topic_area", "areas", "found_on", "state", "reason"),
    "outcomes": ("topic_id", "kind", "text", "refers_to"),
    "register": ("fact", "id", "name", "authority_id", "category", "valid_from", "valid_to"),
    "situation_topics": ("area", "year", "topic_area", "discussed", "outcomes", "actions_open"),
    "texts": ("id", "fact", "text", "effective_at"),
    "what_if": ("authority_id", "area", "year", "recorded_verdict", "verdict", "ruleset"),
    "withdrawn": ("producer", "position", "type", "withdrawn_at"),
}  # fmt: skip
"""Query, or list within an item -> its columns."""


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
    table(rows, columns=columns(about, rows, asked=asked, wide=wide))
