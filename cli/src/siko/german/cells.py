"""Values of answers as Germans read them: words for codes, Berlin times, names beside ids."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from siko_core.calendar import BERLIN

from siko.german.codes import CATEGORIES, gap, words_of
from siko.german.facts import fact
from siko.german.headings import heading

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NAMED = {"authority_id", "body_id", "lead_body_id", "contributing_body_ids", "via", "held_for"}
"""Fields whose ids the register has names for."""
FUNCTIONS = {
    "secretariat": "Geschäftsstelle",
    "convenor": "Behördenleitung",
    "minute_taker": "Protokollführung",
    "ministry": "Ministerium",
    "auditor": "Revision",
    "operator": "Betrieb",
    "leadership": "Leitung",
    "clock": "Uhr",
    "import": "Übernahme",
}
BY_AREA = {"compliance", "what_if", "coverage"}
MOTORWAYS = "Autobahnen"
"""Stands where a row has no area: it is that of the authority's motorways."""
NOBODY = "nrw"
"""Body of an actor who acts for no single one."""


def shown(  # noqa: PLR0911 - one return a kind of value
    key: str, value: Any, about: str = "", names: Mapping[str, str] | None = None
) -> str:
    """A value of the field `key` of the query or list `about`; `names`: id -> name."""
    match value:
        case None:
            return MOTORWAYS if key == "area" and about in BY_AREA else ""
        case bool():
            return "ja" if value else "nein"
        case str():
            return _text(key, value, about, names or {})
        case {"function": function, "body_id": body_id}:
            return actor(function, body_id)
        case {"code": _, "rule": _}:
            return gap(value)
        case {"body_id": body_id, "category": category}:
            return f"{_text('body_id', body_id, '', names or {})} ({CATEGORIES.get(category, category)})"
        case Mapping():
            parts = {inner: shown(inner, part, about, names) for inner, part in value.items()}
            said = words_of("kind", key)
            return ", ".join(
                f"{said.get(inner) or heading(inner)}: {part}"
                for inner, part in parts.items()
                if part
            )
        case list() | tuple():
            between = "; " if any(isinstance(part, dict) for part in value) else ", "
            return between.join(shown(key, part, about, names) for part in value)
        case _:
            return str(value)


def row(
    item: Mapping[str, Any], about: str = "", names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The item in words. Where the kind says it, motorways stand for areas; a year that is fulfilled lacks nothing."""
    cells = {key: shown(key, value, about, names) for key, value in item.items()}
    if item.get("kind") == "siko_ap" and item.get("areas") == []:
        cells["areas"] = MOTORWAYS
    if item.get("verdict") == "FULFILLED" and cells.get("gaps"):
        cells["gaps"] = f"andere Konferenz: {cells['gaps']}"
    if about == "texts":
        cells["fact"] = f"{fact(item['fact'])}: {heading(item['field'].rpartition('.')[2])}"
    return cells


def actor(function: str, body_id: str) -> str:
    """Who acted: `Geschäftsstelle (pp-koeln)`; of what services do by themselves `Dienst scheduler`."""
    if function.startswith("service "):
        return function.replace("service", "Dienst", 1)
    who = FUNCTIONS.get(function, function)
    return who if body_id == NOBODY else f"{who} ({body_id})"


def berlin(moment: datetime) -> str:
    return f"{moment.astimezone(BERLIN):%d.%m.%Y %H:%M}"


def _text(key: str, value: str, about: str, names: Mapping[str, str]) -> str:
    if MOMENT.fullmatch(value):
        return berlin(datetime.fromisoformat(value))
    if DAY.fullmatch(value):
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    if key in NAMED and value in names:
        return f"{names[value]} ({value})"
    return words_of(key, about).get(value, value)
