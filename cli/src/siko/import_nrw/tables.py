"""CSV files: reads rows and collects all faults instead of stopping at the first."""

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from io import StringIO
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from siko_contracts.exit_codes import REFUSED

from siko.csv_form import PLAIN, Encoding, Form, Separator
from siko.key_values import did_you_mean
from siko.output import Failure

Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)

YES_NO = {"yes": True, "no": False}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""Marks at the beginning of a file that Excel has saved as "Unicode Text"."""
LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Row:
    """One record; `line` is its first line, counted from the header, which is line 1."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def many(self, column: str) -> tuple[str, ...]:
        """Split a cell such as `Köln|Leverkusen`."""
        return tuple(part.strip() for part in self.cells[column].split("|") if part.strip())

    def lines(self, column: str) -> tuple[str, ...]:
        """The lines of a cell, without empty ones."""
        lines = (line.strip() for line in LINE_BREAK.split(self.cells[column]))
        return tuple(line for line in lines if line)


class Faults:
    """Faults of an input, each with its place and reason."""

    def __init__(self) -> None:
        self.entries: list[dict[str, str | int]] = []

    def add(self, row: Row, column: str, reason: str) -> None:
        self.at(row.file, row.line, column, reason)

    def at(self, file: str, line: int, column: str, reason: str) -> None:
        self.entries.append({"file": file, "line": line, "column": column, "reason": reason})

    def raise_any(self) -> None:
        """Raise Failure (exit code 1) with all faults, if there are any."""
        if not self.entries:
            return
        ordered = sorted(self.entries, key=lambda fault: (str(fault["file"]), int(fault["line"])))
        message = f"{len(ordered)} faults in the input, nothing imported"
        if len(ordered) == 1:
            message = "one fault in the input, nothing imported"
        details: dict[str, str] = {}
        for fault in ordered:
            where = f"{fault['file']}:{fault['line']}"
            reason = f"{fault['column']}: {fault['reason']}" if fault["column"] else fault["reason"]
            details[where] = f"{details[where]}; {reason}" if where in details else str(reason)
        raise Failure(REFUSED, "InvalidInput", message, details)


def read_table(
    directory: Traversable,
    file: str,
    columns: Sequence[str],
    faults: Faults,
    form: Form = PLAIN,
    *,
    several_lines: Collection[str] = (),
) -> list[Row]:
    """Return the rows, which have exactly these columns; rows with faults are left out.

    `several_lines`: columns whose values may hold line breaks.
    """
    try:
        content = (directory / file).read_bytes()
    except OSError as error:
        faults.at(file, 1, "", f"cannot be read: {error.strerror or error}")
        return []
    text = _decoded(file, content, form.encoding, faults)
    if text is None:
        return []
    rows: list[Row] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=form.separator.character, strict=True)
    ends = 0
    try:
        for cells in reader:
            begins, ends = ends + 1, reader.line_num
            if begins == 1:
                if not _header(file, cells, columns, faults):
                    return []
                header = cells
            elif cells:
                rows += _row(Row(file, begins, {}), header, cells, faults, several_lines)
    except csv.Error as error:
        faults.at(file, reader.line_num, "", f"is no CSV: {error}")
    if not ends:
        faults.at(file, 1, "", "is empty")
    return rows


def _decoded(file: str, content: bytes, encoding: Encoding, faults: Faults) -> str | None:
    """Return the text; None, and add a fault that says the cure, if the file is written otherwise.

    Every UTF-8 file can be read as Windows-1252 too, with other letters; so one that is UTF-8 is refused there.
    """
    if content.startswith(UTF_16):
        faults.at(file, 1, "", 'is UTF-16: save it as "CSV UTF-8"')
        return None
    if encoding == Encoding.WINDOWS_1252 and not content.isascii() and _is_utf_8(content):
        faults.at(file, 1, "", f"is UTF-8: leave out --encoding {encoding}")
        return None
    try:
        return content.decode("utf-8-sig" if encoding == Encoding.UTF_8 else encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        cure = f"; if Windows wrote it: --encoding {Encoding.WINDOWS_1252}"
        faults.at(
            *(file, line, ""),
            f"is no {encoding.upper()}{cure if encoding == Encoding.UTF_8 else ''}",
        )
        return None


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def translate(row: Row, column: str, words: Mapping[str, Value], faults: Faults) -> Value | None:
    """Return the meaning of the word in a column; None, and add a fault, if it is unknown."""
    word = row[column]
    if word in words:
        return words[word]
    hint = did_you_mean(word, words) or f"; known are {', '.join(words)}"
    faults.add(row, column, f"unknown {word!r}{hint}")
    return None


def build(
    model: type[Model], row: Row, columns: Mapping[str, str], faults: Faults, **fields: object
) -> Model | None:
    """Return the model of a row; None, and add a fault for each invalid field.

    `columns` maps a field to its column where the names differ.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        for wrong in error.errors():
            field = str(wrong["loc"][0])
            faults.add(row, columns.get(field, field), f"{wrong['msg']}: {wrong['input']!r}")
        return None


def _header(file: str, cells: Sequence[str], columns: Sequence[str], faults: Faults) -> bool:
    if separator := _other_separator(cells, columns):
        faults.at(
            *(file, 1, ""),
            f"its columns are separated by {separator.character!r}: --separator {separator}",
        )
        return False
    missing = [column for column in columns if column not in cells]
    unknown = [column for column in cells if column not in columns]
    for column in missing:
        faults.at(file, 1, column, "column is missing")
    for column in unknown:
        faults.at(file, 1, column, f"unknown column{did_you_mean(column, missing)}")
    if len(set(cells)) < len(cells):
        faults.at(file, 1, "", "a column stands twice")
        return False
    return not missing and not unknown


def _other_separator(cells: Sequence[str], columns: Sequence[str]) -> Separator | None:
    """The separator that makes columns of a header that is one cell."""
    if len(cells) != 1:
        return None
    near = [each for each in Separator if columns[0] in cells[0].split(each.character)]
    return near[0] if near and cells[0] != columns[0] else None


def _row(
    place: Row,
    header: Sequence[str],
    cells: Sequence[str],
    faults: Faults,
    several_lines: Collection[str],
) -> list[Row]:
    if len(cells) != len(header):
        faults.add(place, "", f"has {len(cells)} values, the header {len(header)}")
        return []
    row = Row(place.file, place.line, dict(zip(header, map(str.strip, cells), strict=True)))
    unprintable = [
        column
        for column, value in row.cells.items()
        if not all(map(str.isprintable, row.lines(column) if column in several_lines else (value,)))
    ]
    for column in unprintable:
        faults.add(row, column, "holds a control character")
    return [] if unprintable else [row]
