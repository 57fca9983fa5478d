"""Lays out one document with typst, in this process; `siko_documents.renderer` does it in one beside the caller's.

Texts come as data (`sys.inputs`), never as markup. What typst warns of is an error: a typeface that it does not find, a
character without glyph. The document's day is its date, so the same data give the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import typst

from siko_documents.fonts import FOLDER
from siko_documents.glyphs import gated

TEMPLATES = Path(str(files("siko_documents") / "templates"))
STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]
"""One profile for all documents: kept in archives, and read aloud."""


class NotLaidOut(Exception):
    """What typst says against the document."""


@cache
def typefaces() -> typst.Fonts:
    """Ours alone: neither the system's nor those that typst brings."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FOLDER)],
    )


def laid_out(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF that a template of this package makes of the data. Raises NotLaidOut if typst refuses or warns."""
    try:
        pdf, warnings = typst.compile_with_warnings(
            TEMPLATES / f"{template}.typ",
            root=TEMPLATES,
            font_paths=typefaces(),
            sys_inputs={"data": json.dumps(gated(data))},
            pdf_standards=[*STANDARDS],
            timestamp=datetime.fromisoformat(data["day"]).replace(tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise NotLaidOut(f"{error.message} {error.hints}") from error
    if warnings:
        raise NotLaidOut("; ".join(warning.message for warning in warnings))
    return bytes(pdf)
