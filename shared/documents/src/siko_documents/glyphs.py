"""The glyph gate: a character that the typeface lacks becomes a visible `[U+1F600]`, for it would refuse a whole PDF/A."""

import unicodedata
from functools import cache
from typing import Any

from fontTools.ttLib import TTFont
from siko_contracts.characters import LINES, code_point

from siko_documents.fonts import FILES

BREAKS = {"\n"}
"""No glyph, but a line break in a text of several lines."""
PRIVATE_USE = "Co"
"""Refused by PDF/UA, whatever a typeface has there."""


@cache
def drawable() -> frozenset[str]:
    """The characters that every face of the typeface has, without those that nobody sees."""
    faces = [set(TTFont(file, lazy=True).getBestCmap()) for file in FILES]
    characters = map(chr, set.intersection(*faces))
    return frozenset(c for c in characters if _is_seen(c)) | BREAKS


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) != PRIVATE_USE and not LINES.match(character)


def printable(text: str) -> str:
    """In NFC, with each character that cannot be drawn as its code point."""
    composed = unicodedata.normalize("NFC", text)
    known = drawable()
    return "".join(c if c in known else f"[{code_point(c)}]" for c in composed)


def gated(data: Any) -> Any:
    """The same JSON value with every text in it `printable`; keys are ours and stay."""
    match data:
        case str():
            return printable(data)
        case list():
            return [gated(part) for part in data]
        case dict():
            return {key: gated(part) for key, part in data.items()}
        case _:
            return data
