"""What is said of an empty answer: what was asked, and what comes near to it."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from siko.client import Client
from siko.german.codes import words_of
from siko.german.headings import heading
from siko.german.requests import QUERIES
from siko.names import registered

REGISTERED = {"authority_id": "authority", "body_id": "body", "area": "area"}
"""Parameter -> what the register calls the thing that it names."""
PAGING = {"limit", "cursor", "at_least"}
CUTOFF = 0.5


async def explain(client: Client, query: str, parameters: Mapping[str, Any]) -> list[str]:
    """Lines for people; the register is asked where a parameter names something in it."""
    asked = ", ".join(f"{name}={value}" for name, value in parameters.items() if name not in PAGING)
    lines = [f"{QUERIES.get(query, query)}: keine{f' mit {asked}' if asked else ''}."]
    asks_register = not REGISTERED.keys().isdisjoint(parameters)
    known = await registered(client) if asks_register else {}
    for name, value in parameters.items():
        words = words_of(name, query)
        if name in REGISTERED:
            words = known.get(REGISTERED[name], {})
        if words and value not in words:
            lines.append(f"{heading(name)} {value!r} gibt es nicht{_near(str(value), words)}")
    return lines


def _near(value: str, words: Mapping[str, str]) -> str:
    """The word that comes nearest, found by its code or by its German words."""
    spelled = {code.lower(): code for code in words}
    spelled |= {german.lower(): code for code, german in words.items()}
    found = get_close_matches(value.lower(), spelled, n=1, cutoff=CUTOFF)
    if not found:
        return "."
    code = spelled[found[0]]
    german = "" if words[code] in {"", code} else f" ({words[code]})"
    return f"; gemeint {code}{german}?"
