"""PDFs as other programs read them: words and glyphs by PDFium, tags by qpdf."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2

HYPHEN = "\ufffe"
"""PDFium's for one that the end of a line has made."""


def pages(pdf: bytes) -> list[str]:
    """The text layer of each page: white space as single spaces, hyphenated words whole."""
    texts = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return [re.sub(r"\s+", " ", re.sub(f"{HYPHEN}\\s*", "", text)) for text in texts]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def glyphs_outside(pdf: bytes) -> list[str]:
    """Characters of which a part lies outside of their page."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        width, height = page.get_size()
        layer = page.get_textpage()
        for index in range(layer.count_chars()):
            left, bottom, right, top = layer.get_charbox(index)
            if left < 0 or bottom < 0 or right > width or top > height:
                found.append(layer.get_text_range(index, 1))
    return found


def place_of(pdf: bytes, words: str) -> tuple[float, float]:
    """Left and upper edge of the first occurrence, in mm from the upper left corner of its page."""
    for page in pypdfium2.PdfDocument(pdf):
        layer = page.get_textpage()
        found = layer.search(words).get_next()
        if found:
            boxes = [layer.get_charbox(found[0] + number) for number in range(found[1])]
            height = page.get_size()[1]
            return min(b[0] for b in boxes) * 25.4 / 72, (
                height - max(b[3] for b in boxes)
            ) * 25.4 / 72
    raise AssertionError(words)


def properties(pdf: bytes) -> dict[str, str]:
    """Title, language and creation date, as the file says them."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {
            "title": str(document.docinfo["/Title"]),
            "language": str(document.Root["/Lang"]),
            "created": str(document.docinfo["/CreationDate"]),
        }


def metadata(pdf: bytes) -> dict[str, str]:
    """All that the file says of itself."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {name: str(value) for name, value in document.docinfo.items()}


def tags(pdf: bytes) -> list[Any]:
    """The structure as nested lists: `["Table", ["TR", ["TH"], …]]`."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return _below(document.Root["/StructTreeRoot"])


def _below(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    listed = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    inner = [_below(kid) for kid in listed if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
    return [str(element.get("/S", "/Root"))[1:], *inner]


def named(tree: list[Any], name: str) -> Iterator[list[Any]]:
    """The elements of this name, at any depth."""
    if tree[0] == name:
        yield tree
    for inner in tree[1:]:
        yield from named(inner, name)
