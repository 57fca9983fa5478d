"""Characters that nobody sees, the space apart: which ones they are, and where a text holds one.

They make two names that look the same differ, turn the order of what is read, or command a terminal. Commands and
queries may not bring them (`siko_contracts.values`); events are read as they were written, so who shows them escapes.
Needs the standard library alone.
"""

import re
import unicodedata

UNSEEN = (
    ("\x00", "\x09"),  # NUL and other C0 controls
    ("\x0b", "\x1f"),  # the rest of them; between the two is the line break
    ("\x7f", "\x9f"),  # DEL and the C1 controls
    ("\xad", "\xad"),  # soft hyphen
    ("\u061c", "\u061c"),  # Arabic letter mark: turns the order
    ("\u180e", "\u180e"),  # Mongolian vowel separator
    ("\u200b", "\u200f"),  # zero-width space and joiners, marks that turn the order
    ("\u2028", "\u202e"),  # line and paragraph separator, embeddings and overrides of the order
    ("\u2060", "\u206f"),  # word joiner, invisible operators, isolates of the order
    ("\ud800", "\udfff"),  # lone surrogates: no characters, and nothing that UTF-8 can hold
    ("\ufeff", "\ufeff"),  # byte order mark
    ("\ufff9", "\ufffb"),  # interlinear annotation
    ("\ufffe", "\uffff"),  # no characters
    ("\U000e0000", "\U000e007f"),  # tags
)
"""First and last of each range. The line break is one more where a text is a line."""
LINES = re.compile(f"[{''.join(f'{first}-{last}' for first, last in UNSEEN)}]")
"""One that a text of several lines may not hold."""
LINE = re.compile(f"[\n{LINES.pattern[1:]}")
"""One that a line may not hold."""
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
"""One that no store can hold (PostgreSQL, UTF-8)."""

IN_CLASS_OF_LINES = "".join(
    rf"\u{ord(first):04x}" + (rf"-\u{ord(last):04x}" if last > first else "")
    for first, last in UNSEEN
    if last < "\U00010000" and first != "\ud800"
)
"""For a class of a regular expression: those that JSON Schema, Python and Rust write alike."""
IN_CLASS = rf"\n{IN_CLASS_OF_LINES}"
"""The same for a line."""


def escaped(text: str) -> str:
    r"""For a terminal: what nobody sees as `\x1b` or `\u202e`, so that it commands nothing; line breaks stay."""
    return LINES.sub(lambda unseen: unseen[0].encode("unicode_escape").decode(), text)


MOST_MARKS = 30
"""Combining marks in a row (UAX #15, stream-safe text): bringing more in order takes the square of their number."""
_TOO_MARKED = re.compile(f"m{{{MOST_MARKS + 1}}}")


def too_marked(text: str) -> int | None:
    """Where more combining marks than `MOST_MARKS` follow each other: the index of the first, else None."""
    if not any(map(unicodedata.combining, text)):
        return None
    marks = "".join("m" if unicodedata.combining(each) else " " for each in text)
    found = _TOO_MARKED.search(marks)
    return found.start() if found else None


def code_point(character: str) -> str:
    """`U+202E`."""
    return f"U+{ord(character):04X}"
