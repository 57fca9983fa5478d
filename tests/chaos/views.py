"""Reporting's views against a fresh fold of the logs that they come from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siko_contracts.events import decode
from siko_contracts.queries import QUERIES
from siko_reporting.views import VIEWS, Documents, clock, evolve
from siko_reporting.views.base import page

from tests.chaos.checker import Item, Violation
from tests.chaos.reading import Reader

FOR_EVER = "2199-12-31T00:00:00Z"
"""`as_of` of an answer that is folded anew from all that reporting keeps."""
ALL = 10_000
SHOWN = 160


async def differences(reader: Reader, logs: Mapping[str, Sequence[Item]]) -> list[Violation]:
    """Every row of every view, as it stands and as it is folded anew from the archive."""
    documents: Documents = {}
    for log in logs.values():
        for item in log:
            event = decode(item["type"], json.dumps(item["contract"]).encode())
            if event is not None:
                evolve(documents, event)
    conferences = sorted({key for view, key in documents if view == "conferences"})
    found: list[Violation] = []
    if not (await reader.ask("reporting", "conferences", limit=1))["complete"]:
        found.append(Violation("lost", "reporting has parked events"))
    for name, view in VIEWS.items():
        keys = conferences if view.KEYED_BY and name == "conference" else [None]
        for key in keys:
            asked = {str(view.KEYED_BY): key} if key else {}
            known = {a: d for a, d in documents.items() if a[0] in {name, clock.NAME}}
            anew = {"as_of": FOR_EVER, **asked}
            for question in [asked, anew] if key in {None, *conferences[:5]} else [asked]:
                expected = _expected(name, question, known, key)
                told = await reader.view(name, **question)
                found += _compare(f"{name} {question}", expected, told)
    return found


def _expected(
    name: str, asked: Mapping[str, Any], documents: Documents, key: str | None
) -> list[dict[str, Any]]:
    view = VIEWS[name]
    model = QUERIES["reporting"][name]
    many = {"limit": ALL} if "limit" in model.model_fields else {}
    query = model.model_validate({**asked, **many})
    begun = documents.get((clock.NAME, clock.KEY))
    own = [d for (of, at), d in documents.items() if of == name and key in {None, at}]
    rows, _ = page(view, own, query, clock.today(begun, query))
    return [_plain(row) for row in rows]


def _plain(row: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(row, default=str))
    return plain


def _compare(what: str, expected: Sequence[Item], told: Sequence[Item]) -> Iterator[Violation]:
    if expected == told:
        return
    texts = [sorted(json.dumps(row, sort_keys=True) for row in rows) for rows in (expected, told)]
    missing = [row for row in texts[0] if row not in set(texts[1])]
    extra = [row for row in texts[1] if row not in set(texts[0])]
    yield Violation(
        "doubled" if len(told) > len(expected) else "lost",
        f"view {what}: {len(missing)} rows missing, {len(extra)} others;"
        f" {' | '.join(r[:SHOWN] for r in (missing[:1] + extra[:1]))}",
    )
